"""What a page says that could not be shown, was not sent, or has lost its connection."""

from .entry import Entry, Group

ADMIN = "An administrator; the reference at the end of the page finds the line in the log."

GROUPS = (
    Group(
        "Pages that could not be shown",
        "The page says so instead of showing something. Nothing changed.",
        ADMIN,
        (
            Entry("You may not open this.",
                  "Press “Ask for access”, or go back to what’s live.",
                  "No allowlist entry of yours opens this page.", name="page not allowed"),
            Entry("There is nothing here.", "Start from “What’s live”, or search the history.",
                  "The address is wrong, or what it named is gone.", name="page not here"),
            Entry("This page was too old to be sent.",
                  "Go back, load the page again, and repeat what you did.",
                  "You signed in anew meanwhile, cookies are off, or another site sent it.",
                  name="page too old"),
            Entry("This address waits for a button.",
                  "Go to the page with the button, and press it there.",
                  "Opening such an address does nothing.", name="page without a press"),
            Entry("Something broke on our side.",
                  "Load the page again. If it stays, send the reference to an administrator.",
                  "A fault of the release manager. Releases on their way keep running.",
                  name="page broken"),
            Entry("The database is busy or away.", "Try again in a moment.",
                  "Releases on their way wait for it, and go on by themselves.",
                  name="page busy"),
        ),
    ),
    Group(
        "While you watch",
        "The page lost its connection, or the release waits. What was asked for is kept.",
        "Whoever runs the release manager.",
        (
            Entry("Lost the connection to Release manager.",
                  "Leave the page open: it tries again by itself, and shows what came meanwhile.",
                  "Your network, or the release manager’s web server, was away for a moment. The "
                  "release keeps running."),
            Entry("You were signed out. The … is not affected.",
                  "Press “Sign in to keep watching”.",
                  "Sessions end after some time without a click, and after a working day.",
                  "Nobody: sign in again."),
            Entry("In line. The worker has not picked it up yet",
                  "Wait; it is usually picked up within a second.",
                  "The worker is starting, or has much to do."),
            Entry("In line. The worker is busy with other releases.",
                  "Wait; yours is next when one of them ends.",
                  "All workers have something to do."),
            Entry("The release worker is not answering.",
                  "Wait, or tell an administrator: the page “System health” says which worker "
                  "was seen when.", "No worker was seen for a minute. It is not your fault."),
            Entry("You already asked to release …",
                  "Press “Watch it”: there is one release, however often you pressed.",
                  "The button was pressed before, or the page was an older one.",
                  "Nobody: it is on its way."),
        ),
    ),
)
