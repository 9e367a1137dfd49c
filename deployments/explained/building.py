"""What is said where a version could not be built."""

from .entry import Entry, Group

GROUPS = (
    Group(
        "Building",
        "The version could not be made from its commit. Nothing was touched on any server.",
        "The site's developers; where the git host or this machine is meant, an administrator.",
        (
            Entry("its host key is not the confirmed one",
                  "“Projects” → fetch the git host's identity, compare, confirm."),
            Entry("host key is not confirmed yet",
                  "“Projects” → fetch the git host's identity, compare, confirm, the first time."),
            Entry("it does not accept the deploy key",
                  "Add the public half as a deploy key there."),
            Entry("it does not accept the user and password",
                  "A new access token that may read the repository."),
            Entry("there is no repository at the address",
                  "Correct it."),
            Entry("kept in Git LFS, which is not fetched",
                  "Files are placeholders whose content is not in git; put the content into git, "
                  "or take the file out of git and download it in a build command."),
            Entry("The build took longer than … s in all",
                  "All of it together: fetching, commands, packing; make it faster, or raise "
                  "“BUILD_LIMIT_S”."),
            Entry("Nothing is built on this machine as root (…)",
                  "“BUILD_USER” is misspelt, missing or root's: set it to an account without "
                  "rights, such as “nobody”."),
            Entry("printed nothing for",
                  "A build command was silent for too long; raise the project's silence limit, "
                  "or let it print."),
            Entry("did not finish within … and was ended: make it faster or raise the project's "
                  "build limit.",
                  "Do what the sentence says: it names what, and where."),
            Entry("The build command “…” …: see the end of its output",
                  "Its last lines stand in the build's log."),
            Entry("cannot build (…): give the build account a folder it may write",
                  "“BUILD_DIR”, and every folder above it, must let “BUILD_USER” pass."),
            Entry("The source … could not be reached",
                  "The git host is down or too slow; try again."),
            Entry("The source has no branch, tag or commit “…”",
                  "Check the spelling, or push it; the list is read again when the page opens."),
            Entry("is both a branch and a tag, at different commits.",
                  "Give the commit itself."),
            Entry("The artifact could not be written to …",
                  "The release manager's own disk."),
            Entry("a link that leads out",
                  "A link in the result points outside of the release; make it relative, or use "
                  "a shared folder."),
            Entry("the source has no such folder",
                  "Correct the project's “Subdirectory”."),
        ),
    ),
)
