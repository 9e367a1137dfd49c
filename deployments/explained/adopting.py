"""What is said where a site that is live already is adopted."""

from .entry import Entry, Group

GROUPS = (
    Group(
        "Adopting a live site",
        "What is live could not be taken in as a version. Nothing on the servers was changed.",
        "Whoever runs the servers, and whoever deployed the site so far.",
        (
            Entry("The servers do not hold the same files",
                  "Deploy once more with the tool you used so far, then look again.",
                  "A version is one set of files, the same on every server."),
            Entry("is a link that leads out of the site",
                  "Give it a place in shared/ by the line that stands there, then look again.",
                  "A version holds its own files and links into shared/."),
            Entry("has no folder “…”, which the project names as its public folder",
                  "Correct the project's public folder, or name the folder above it."),
            Entry("The files on … changed while they were read",
                  "Press “Adopt” again when nobody deploys. A folder that PHP fills must be "
                  "writable or shared."),
            Entry("by the release manager itself: there is nothing to adopt",
                  "Release a version, or go back."),
            Entry("was found there, and not released by the release manager",
                  "Release a version first.", "PHP is proved by what a release of ours left."),
            Entry("Somebody looked again meanwhile",
                  "Read what was found now, then press the button again.",
                  "The page was an older one.", "Nobody: look again."),
        ),
    ),
)
