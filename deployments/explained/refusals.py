"""What is said where somebody may not do something, or not now."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

ADMIN = _("An administrator.")
ASK = _("Press “Ask for access” beside the sentence; an administrator answers.")
SETTER = _("Whoever set it; the sentence names them.")

GROUPS = (
    Group(
        _("You may not do this"),
        _("The allowlist, or the way you signed in, does not let you. Nothing changed."),
        ADMIN,
        (
            Entry(_("nobody gave you this right yet"), ASK,
                  _("Nobody gave you an entry for this, there.")),
            Entry(_("counts only from certain networks; you are on …"),
                  _("Connect to the office network or VPN and try again."),
                  _("Your entry counts from some addresses only.")),
            Entry(_("the allowlist entry ended on …"), ASK, _("Your entry was given until a day.")),
            Entry(_("the allowlist entry begins on …"),
                  _("Wait until then, or ask for an earlier one.")),
            Entry(_("waits for a second person's yes"),
                  _("Ask another administrator to confirm it."),
                  _("Entries for protected environments count when two people gave them.")),
            Entry(_("This account is switched off."),
                  _("Ask an administrator to switch it on again.")),
            Entry(_("This account has no allowlist entry."), _("Ask an administrator for one.")),
            Entry(_("somebody else must approve"), _("Tell one of the people whom the page names."),
                  _("Whoever asks never approves."), _("Whoever may approve there.")),
        ),
    ),
    Group(
        _("Not now"),
        _("You may do it, and something stands in the way just now. Nothing changed."),
        SETTER,
        (
            Entry(_("Releases to … are frozen until …"),
                  _("Wait, or ask whoever may make an exception. Going back stays open."),
                  _("A freeze holds releases there.")),
            Entry(_("paused releases to …"),
                  _("Ask whoever paused them, or an administrator, to press “Release again” on the "
                    "page “Freezes and pauses”."),
                  _("Somebody stopped releases there for a while.")),
            Entry(_("was not live and checked in … yet, as … demands"),
                  _("Release it there first, and let it be checked."),
                  _("Versions must have been live in another environment first."), ADMIN),
            Entry(_("was live in … for … min at a stretch; … demands …"),
                  _("Wait until the time has passed; the page says when that is."),
                  _("Versions must have been live in another environment for some time."), ADMIN),
            Entry(_("already asked to …"),
                  _("Wait until theirs has ended, then press again; the page leads to it."),
                  _("One release at a time changes a place. Where an administrator chose waiting "
                    "in line, yours starts by itself."), _("Whoever asked for the release.")),
            Entry(_("A release is under way here"), _("Wait until it has ended, then press again."),
                  _("Its servers change just now."), _("Whoever asked for the release.")),
            Entry(_("Too late to stop: the switch has begun."), _("Use “Go back” instead."),
                  _("Servers were switched already."), _("Whoever may go back there.")),
            Entry(_("Too late to stop: PHP is being made to reload."),
                  _("Wait until it has ended.")),
            Entry(_("This needs a decision now."), _("Press “Finish”, or “Put all back”."),
                  _("Nothing goes on there by itself."), _("Whoever may decide.")),
            Entry(_("decided already."), _("Load the page again: it shows what was decided.")),
            Entry(_("This has ended already."), _("Nothing is left to do there.")),
        ),
    ),
    Group(
        _("Not like this"),
        _("What was sent is not complete, or no longer true. Nothing changed."),
        ADMIN,
        (
            Entry(_("There is no earlier version of … to go back to."),
                  _("Release a version instead."),
                  _("Only what was live there before can be gone back to.")),
            Entry(_("was never live in …"), _("Release it instead of going back to it.")),
            Entry(_("Nothing is live in … yet."), _("Release a version first.")),
            Entry(_("Nothing is live and checked in … yet."), _("Release a version first.")),
            Entry(_("cannot be released: …"),
                  _("Choose another version, or build this one again.")),
            Entry(_("belongs to another project"), _("Choose a version of this project.")),
            Entry(_("has no server yet"), _("Ask an administrator to add one.")),
            Entry(_("This form is not complete."), _("Open the page again and send it once more."),
                  _("The page was an old one, or was sent in part.")),
            Entry(_("This form belongs to somebody else."), _("Open the page again yourself.")),
            Entry(_("An emergency needs a reason."), _("Write one sentence under “Why now?”.")),
            Entry(_("needs a reason"), _("Write one sentence: it is kept in the audit log, and "
                                         "read by everybody concerned.")),
            Entry(_("has moved since this page was opened"),
                  _("Read what changes now, then confirm again."),
                  _("Somebody pushed to the branch meanwhile."), _("Nobody: look again.")),
            Entry(_("No version was chosen."),
                  _("Mark one of the list, or type a branch, a tag or a commit."), "",
                  _("Nobody: choose one.")),
            Entry(_("Not everything on the checklist is done"),
                  _("Do what it names, then tick it on the page “Rules”."),
                  _("An administrator wrote down what comes before a release of this project.")),
            Entry(_("so it asks for the project's name"),
                  _("Type it in the field above the button."),
                  _("The place is protected, and going back may not undo this release: a slip must "
                    "not start it."), _("Nobody: it is only a second look.")),
            Entry(_("showed another identity meanwhile"),
                  _("Fetch the identity again and compare it with what its owner told you."),
                  _("The server or git host answered as another one than a moment ago."),
                  _("Whoever runs it; if they did not change it, call security.")),
        ),
    ),
)
