"""What a page says that could not be shown, was not sent, or has lost its connection."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

ADMIN = _("An administrator; the reference at the end of the page finds the line in the log.")

GROUPS = (
    Group(
        _("Pages that could not be shown"),
        _("The page says so instead of showing something. Nothing changed."),
        ADMIN,
        (
            Entry(_("You may not open this."),
                  _("Press “Ask for access”, or go back to what’s live."),
                  _("No allowlist entry of yours opens this page."), name="page not allowed"),
            Entry(_("There is nothing here."),
                  _("Start from “What’s live”, or search the history."),
                  _("The address is wrong, or what it named is gone."), name="page not here"),
            Entry(_("This page was too old to be sent."),
                  _("Go back, load the page again, and repeat what you did."),
                  _("You signed in anew meanwhile, cookies are off, or another site sent it."),
                  name="page too old"),
            Entry(_("This address waits for a button."),
                  _("Go to the page with the button, and press it there."),
                  _("Opening such an address does nothing."), name="page without a press"),
            Entry(_("Something broke on our side."),
                  _("Load the page again. If it stays, send the reference to an administrator."),
                  _("A fault of the release manager. Releases on their way keep running."),
                  name="page broken"),
            Entry(_("The database is busy or away."), _("Try again in a moment."),
                  _("Releases on their way wait for it, and go on by themselves."),
                  name="page busy"),
        ),
    ),
    Group(
        _("While you watch"),
        _("The page lost its connection, or the release waits. What was asked for is kept."),
        _("Whoever runs the release manager."),
        (
            Entry(_("Lost the connection to Release manager."),
                  _("Leave the page open: it tries again by itself, and shows what came "
                    "meanwhile."),
                  _("Your network, or the release manager’s web server, was away for a moment. The "
                    "release keeps running.")),
            Entry(_("You were signed out. The … is not affected."),
                  _("Press “Sign in to keep watching”."),
                  _("Sessions end after some time without a click, and after a working day."),
                  _("Nobody: sign in again.")),
            Entry(_("In line. The worker has not picked it up yet"),
                  _("Wait; it is usually picked up within a second."),
                  _("The worker is starting, or has much to do.")),
            Entry(_("In line. The worker is busy with other releases."),
                  _("Wait; yours is next when one of them ends."),
                  _("All workers have something to do.")),
            Entry(_("The release worker is not answering."),
                  _("Wait, or tell an administrator: the page “System health” says which worker "
                    "was seen when."), _("No worker was seen for a minute. It is not your fault.")),
            Entry(_("You already asked to release …"),
                  _("Press “Watch it”: there is one release, however often you pressed."),
                  _("The button was pressed before, or the page was an older one."),
                  _("Nobody: it is on its way.")),
        ),
    ),
)
