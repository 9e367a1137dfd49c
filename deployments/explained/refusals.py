"""What is said where somebody may not do something, or not now."""

from .entry import Entry, Group

ADMIN = "An administrator."
ASK = "Press “Ask for access” beside the sentence; an administrator answers."
SETTER = "Whoever set it; the sentence names them."

GROUPS = (
    Group(
        "You may not do this",
        "The allowlist, or the way you signed in, does not let you. Nothing changed.",
        ADMIN,
        (
            Entry("no allowlist entry says so", ASK,
                  "Nobody gave you an entry for this, there."),
            Entry("counts only from certain networks; you are on …",
                  "Connect to the office network or VPN and try again.",
                  "Your entry counts from some addresses only."),
            Entry("the allowlist entry ended on …", ASK, "Your entry was given until a day."),
            Entry("the allowlist entry begins on …", "Wait until then, or ask for an earlier one."),
            Entry("waits for a second person's yes", "Ask another administrator to confirm it.",
                  "Entries for protected environments count when two people gave them."),
            Entry("This account is switched off.", "Ask an administrator to switch it on again."),
            Entry("This account has no allowlist entry.", "Ask an administrator for one."),
            Entry("somebody else must approve", "Tell one of the people whom the page names.",
                  "Whoever asks never approves.", "Whoever may approve there."),
        ),
    ),
    Group(
        "Not now",
        "You may do it, and something stands in the way just now. Nothing changed.",
        SETTER,
        (
            Entry("Releases to … are frozen until …",
                  "Wait, or ask whoever may make an exception. Going back stays open.",
                  "A freeze holds releases there."),
            Entry("paused releases to …", "Ask whoever paused them, or an administrator, to press "
                  "“Release again” on the page “Freezes”.",
                  "Somebody stopped releases there for a while."),
            Entry("was not live and checked in … yet, as … demands",
                  "Release it there first, and let it be checked.",
                  "Versions must have been live in another environment first.", ADMIN),
            Entry("was live in … for … min at a stretch; … demands …",
                  "Wait until the time has passed; the page says when that is.",
                  "Versions must have been live in another environment for some time.", ADMIN),
            Entry("already asked to …",
                  "Wait until theirs has ended, then press again; the page leads to it.",
                  "One release at a time changes a place. Where an administrator chose waiting in "
                  "line, yours starts by itself.", "Whoever asked for the release."),
            Entry("A release is under way here", "Wait until it has ended, then press again.",
                  "Its servers change just now.", "Whoever asked for the release."),
            Entry("Too late to stop: the switch has begun.", "Use “Go back” instead.",
                  "Servers were switched already.", "Whoever may go back there."),
            Entry("Too late to stop: PHP is being made to reload.", "Wait until it has ended."),
            Entry("This needs a decision now.", "Press “Finish”, or “Put all back”.",
                  "Nothing goes on there by itself.", "Whoever may decide."),
            Entry("decided already.", "Load the page again: it shows what was decided."),
            Entry("This has ended already.", "Nothing is left to do there."),
        ),
    ),
    Group(
        "Not like this",
        "What was sent is not complete, or no longer true. Nothing changed.",
        ADMIN,
        (
            Entry("There is no earlier version of … to go back to.", "Release a version instead.",
                  "Only what was live there before can be gone back to."),
            Entry("was never live in …", "Release it instead of going back to it."),
            Entry("Nothing is live in … yet.", "Release a version first."),
            Entry("Nothing is live and checked in … yet.", "Release a version first."),
            Entry("cannot be released: …", "Choose another version, or build this one again."),
            Entry("belongs to another project", "Choose a version of this project."),
            Entry("has no server yet", "Ask an administrator to add one."),
            Entry("This form is not complete.", "Open the page again and send it once more.",
                  "The page was an old one, or was sent in part."),
            Entry("This form belongs to somebody else.", "Open the page again yourself."),
            Entry("An emergency needs a reason.", "Write one sentence under “Why now?”."),
            Entry("needs a reason", "Write one sentence: it is kept in the audit log, and read by "
                  "everybody concerned."),
            Entry("has moved since this page was opened", "Read what changes now, then confirm "
                  "again.", "Somebody pushed to the branch meanwhile.", "Nobody: look again."),
            Entry("No version was chosen.", "Mark one of the list, or type a branch, a tag or a "
                  "commit.", "", "Nobody: choose one."),
            Entry("Not everything on the checklist is done", "Do what it names, then tick it on "
                  "the page “Rules”.", "An administrator wrote down what comes before a release "
                  "of this project."),
            Entry("so it asks for the project's name", "Type it in the field above the button.",
                  "The place is protected, and going back may not undo this release: a slip must "
                  "not start it.", "Nobody: it is only a second look."),
            Entry("showed another identity meanwhile",
                  "Fetch the identity again and compare it with what its owner told you.",
                  "The server or git host answered as another one than a moment ago.",
                  "Whoever runs it; if they did not change it, call security."),
        ),
    ),
)
