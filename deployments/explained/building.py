"""What is said where a version could not be built."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

GROUPS = (
    Group(
        _("Building"),
        _("The version could not be made from its commit. Nothing was touched on any server."),
        _("The site's developers; where the git host or this machine is meant, an administrator."),
        (
            Entry(_("its host key is not the confirmed one"),
                  _("“Projects” → fetch the git host's identity, compare, confirm.")),
            Entry(_("host key is not confirmed yet"),
                  _("“Projects” → fetch the git host's identity, compare, confirm, the "
                    "first time.")),
            Entry(_("it does not accept the deploy key"),
                  _("Add the public half as a deploy key there.")),
            Entry(_("it does not accept the user and password"),
                  _("A new access token that may read the repository.")),
            Entry(_("there is no repository at the address"),
                  _("Correct it.")),
            Entry(_("kept in Git LFS, which is not fetched"),
                  _("Files are placeholders whose content is not in git; put the content into git, "
                    "or take the file out of git and download it in a build command.")),
            Entry(_("The build took longer than … s in all"),
                  _("All of it together: fetching, commands, packing; make it faster, or raise "
                    "“BUILD_LIMIT_S”.")),
            Entry(_("Nothing is built on this machine as root (…)"),
                  _("“BUILD_USER” is misspelt, missing or root's: set it to an account without "
                    "rights, such as “nobody”.")),
            Entry(_("printed nothing for"),
                  _("A build command was silent for too long; raise the project's silence limit, "
                    "or let it print.")),
            Entry(_("did not finish within … and was ended: make it faster or raise the project's "
                    "build limit."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("The build command “…” …: see the end of its output"),
                  _("Its last lines stand in the build's log.")),
            Entry(_("cannot build (…): give the build account a folder it may write"),
                  _("“BUILD_DIR”, and every folder above it, must let “BUILD_USER” pass.")),
            Entry(_("The source … could not be reached"),
                  _("The git host is down or too slow; try again.")),
            Entry(_("The source has no branch, tag or commit “…”"),
                  _("Check the spelling, or push it; the list is read again when the page opens.")),
            Entry(_("is both a branch and a tag, at different commits."),
                  _("Give the commit itself.")),
            Entry(_("The artifact could not be written to …"),
                  _("The release manager's own disk.")),
            Entry(_("a link that leads out"),
                  _("A link in the result points outside of the release; make it relative, or use "
                    "a shared folder.")),
            Entry(_("the source has no such folder"),
                  _("Correct the project's “Subdirectory”.")),
        ),
    ),
)
