"""Every state of a deployment, a version and a server's part: what it means, what to do."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

NOTHING = _("Nothing; it goes on by itself.")
STARTER = _("An administrator, who can see whether a worker runs.")
APPROVER = _("Whoever may approve it: its page names them.")
SERVER = _("Whoever runs the server that the page names.")


@dataclass(frozen=True)
class State:
    """`said` is what pages show, 2.8.1 being what visitors had before; several with "; "."""

    of: str  # deployment, release, target
    status: str
    said: str
    means: str
    do: str
    who: str = ""

    @property
    def words(self):
        return tuple(str(self.said).split("; "))

    @property
    def anchor(self):
        return state_anchor(self.of, self.status)

    def is_said_in(self, sentence):
        """Whether somebody quotes one of its words, whatever version stands in them."""
        return any(words.partition("2.8.1")[0].strip() in sentence for words in self.words)


def state_anchor(of, status):
    """Where Help explains this state of a deployment, release or target."""
    return f"state-{of}-{status}".replace("_", "-")


def _deployment(status, words, means, do, who=""):
    return State("deployment", status, words, means, do, who)


DEPLOYMENT = (
    _deployment("waiting_turn", _("Waiting for its turn"),
                _("Another release is on its way there. Its page says whose, and this one follows "
                  "by itself."), _("Wait, or press “Stop” to leave the line."),
                _("Whoever asked for the one in front.")),
    _deployment("waiting_for_build", _("Being built"),
                _("The version is built from its commit first. The request is kept."),
                _("Nothing; it goes on by itself. The log of the build is one click away."),
                STARTER),
    _deployment("awaiting_approval", _("Waiting for approval"),
                _("People of the approval rules must agree to exactly this plan."),
                _("Tell one of the people whom its page names, and send them the page's address."),
                APPROVER),
    _deployment("approved", _("Approved - waits to be started"),
                _("All agreed, and one of them left the start to a person."),
                _("Press “Start” on its page."), _("Whoever asked for it, or may release there.")),
    _deployment("scheduled", _("Planned; Planned for 24 Nov 06:00"),
                _("Everybody agreed who had to. It starts at its time, when every rule is asked "
                  "again."), _("Nothing; it goes on by itself. “Stop” takes it out of the plan.")),
    _deployment("queued", _("In line"), _("A worker takes it next, usually within a second."),
                _("Wait a moment. If it stays, the page says whether all workers are busy or none "
                  "runs."), STARTER),
    _deployment("running",
                _("Releasing; Making PHP reload; Switched, checking; Going back to 2.8.1; Taking "
                  "it off again; The worker was lost - another one takes over"),
                _("Before the switch nothing has changed for visitors, and it can be stopped. "
                  "“Switched, checking”: visitors get the new version while the proof is made. "
                  "“Going back”: something failed after the switch, or somebody asked for it. “The "
                  "worker was lost”: the next one reads every server and goes on."),
                _("Nothing. Before the switch “Stop” ends it; afterwards “Go back” turns it."),
                STARTER),
    _deployment("needs_attention", _("Needs a decision"),
                _("Going back could not be proved on every server, or a command began that cannot "
                  "be undone. Nobody can release there until a person has decided."),
                _("Mend the servers that the page names. Then press “Finish” to go forward once "
                  "more, or “Put all back”. Either may be tried as often as it takes."),
                _("Whoever has the entry “decide”, and whoever runs those servers.")),
    _deployment("succeeded",
                _("Live and checked; Was live and checked; Found live, not released by us"),
                _("Every PHP worker and the check pages answered from this version. “Was live”: "
                  "another version is live there now. “Found live”: it was live before the site "
                  "was adopted, and was only recorded."),
                _("Nothing. “Open the site” shows it; “Go back to …” is there if you need it.")),
    _deployment("failed",
                _("Failed - visitors still see 2.8.1; Failed - nothing was changed; Went back to "
                  "2.8.1 by itself; Went back to 2.8.1; Failed - taken off again by itself; Failed "
                  "- taken off again; Failed - PHP was not proved to follow"),
                _("A step or a server said no. Before the switch nothing changed for visitors. "
                  "After it, all servers went back and that was proved. With a first version, the "
                  "site's link was removed again. “PHP was not proved to follow”: no file was "
                  "changed."),
                _("Read the sentence on its page: it says what and where, and mostly what to do. "
                  "Mend that, then release again."),
                _("Whoever runs the server that the page names. For a broken page or command, the "
                  "site's developers.")),
    _deployment("errored", _("Our fault - nothing changed; Our fault - went back to 2.8.1; Our "
                             "fault - taken off again"),
                _("The release manager itself went wrong, before the switch or after it; then "
                  "everything went back, and that was proved."),
                _("Release again. If it stays, hand over the reference on the page."),
                _("An administrator: the log of the worker has the details.")),
    _deployment("rejected", _("Rejected"),
                _("An approver said no, with a reason that the page shows."),
                _("Settle the reason with them, then ask again."), APPROVER),
    _deployment("expired", _("Expired"),
                _("Nobody agreed, or nobody started it, in time; or a planned one missed its "
                  "latest start."), _("Ask again; tell the people whose yes it needs."), APPROVER),
    _deployment("cancelled", _("Stopped"),
                _("Somebody stopped it before the switch, or it could not start: its result says "
                  "why. Visitors noticed nothing."), _("Release again when you want to.")),
    _deployment("voided", _("Cancelled: it changed after it was approved; Cancelled: it changed "
                            "after it was asked for; Cancelled: a yes to it no longer counts"),
                _("Settings, servers or approvers changed, or a yes was taken back: what was "
                  "agreed to is not what would run."),
                  _("Ask again: it shows what is true now."), APPROVER),
)

RELEASE = tuple(State("release", status, words, means, do, who) for status, words, means, do, who
                in (
    ("pending", _("Waiting to be built"), _("A worker builds it next."), NOTHING, STARTER),
    ("building", _("Being built"), _("It is fetched, built and packed now."),
     _("Nothing; it goes on by itself. Its log is on the build's page."), STARTER),
    ("ready", _("Ready"),
     _("It is built and stored, and can be released anywhere."), _("Nothing."), ""),
    ("failed", _("Build failed"), _("A command, or the content, was refused: the log says which."),
     _("Mend it in the source, push, and release the new commit."), _("The site's developers.")),
    ("errored", _("Our fault - not built"), _("The release manager itself went wrong."),
     _("Build it again. If it stays, tell an administrator."), _("An administrator.")),
    ("retired", _("Removed from storage"), _("It is kept no longer."),
     _("Build its commit again if you need it."), ""),
    ("cancelled", _("Stopped"), _("Nobody waits for it any more."),
     _("Build it again if you need it."), ""),
))

TARGET = tuple(State("target", status, words, means, do, who) for status, words, means, do, who
               in (
    ("pending", _("Waiting"), _("Nothing was done there yet."), NOTHING, ""),
    ("prepared", _("Copied"), _("The version lies there, checked and complete."), NOTHING, ""),
    ("switched", _("Switched"), _("The server's link names the version now."), NOTHING, ""),
    ("coherent", _("PHP uses it"),
     _("PHP was made to follow, and the effect was waited for."), NOTHING,
     ""),
    ("proved", _("Checked"), _("All its PHP workers answered from this version."), _("Nothing."),
     ""),
    ("skipped", _("Not touched"), _("It was never switched."), _("Nothing."), ""),
    ("failed", _("Failed"), _("A step failed there; the sentence beside it says which and why."),
     _("Do what that sentence says."), SERVER),
    ("unknown", _("Cannot tell yet"),
     _("The connection was lost at a bad moment, or going back could not be proved."),
                                        _("Wait while it runs; where it needs a decision, mend the "
                                          "server first."),
     SERVER),
    ("reverted", _("Went back"),
     _("It has its earlier version again, and that is proved."), _("Nothing."),
     ""),
))

STATES = (*DEPLOYMENT, *RELEASE, *TARGET)
