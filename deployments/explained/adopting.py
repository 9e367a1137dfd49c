"""What is said where a site that is live already is adopted."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

GROUPS = (
    Group(
        _("Adopting a live site"),
        _("What is live could not be taken in as a version. Nothing on the servers was changed."),
        _("Whoever runs the servers, and whoever deployed the site so far."),
        (
            Entry(_("The servers do not hold the same files"),
                  _("Deploy once more with the tool you used so far, then look again."),
                  _("A version is one set of files, the same on every server.")),
            Entry(_("is a link that leads out of the site"),
                  _("Give it a place in shared/ by the line that stands there, then look again."),
                  _("A version holds its own files and links into shared/.")),
            Entry(_("has no folder “…”, which the project names as its public folder"),
                  _("Correct the project's public folder, or name the folder above it.")),
            Entry(_("The files on … changed while they were read"),
                  _("Press “Adopt” again when nobody deploys. A folder that PHP fills must be "
                    "writable or shared.")),
            Entry(_("by the release manager itself: there is nothing to adopt"),
                  _("Release a version, or go back.")),
            Entry(_("was found there, and not released by the release manager"),
                  _("Release a version first."),
                  _("PHP is proved by what a release of ours left.")),
            Entry(_("Somebody looked again meanwhile"),
                  _("Read what was found now, then press the button again."),
                  _("The page was an older one."), _("Nobody: look again.")),
        ),
    ),
)
