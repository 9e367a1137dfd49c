"""What can go wrong, one class per meaning; each docstring says who must act."""

ACCESS, TWO_STEP, EXCEPTION = "access", "two-step", "exception"
"""Pages that a refusal may lead to: where one asks for an entry, one's own second step, and where
one asks for an exception from a freeze."""


class Refused(Exception):
    """We said no before anything started: the person who asked must change something.

    `reason` is the sentence people read; `remedy` says what would help ("" when nothing would), and
    `leads_to` names the page where one does that (ACCESS and the others; "" for none), and `field`
    what of a form it is about ("" for all of it).
    """

    def __init__(self, reason, remedy="", *, leads_to="", field=""):
        super().__init__(f"{reason} {remedy}".strip())
        self.reason = str(reason)
        self.remedy = str(remedy)
        self.leads_to = leads_to
        self.field = field


class StepFailed(Exception):
    """A step or a server said no: whoever runs the site or the server must act."""


class NotConfirmed(StepFailed):
    """An effect could not be proved in time. Counts as failed, never as success."""


class OutcomeUnknown(Exception):
    """We cannot tell whether a step took effect: the server must be read before deciding."""


class TakenOver(Exception):
    """Another worker holds this row now: this one stops at once and writes nothing more."""


class StopRequested(Exception):
    """A person asked to stop, and the first switch has not happened yet."""


class TurnBackRequested(StepFailed):
    """A person asked to go back although the switch has begun."""


class HandedOver(Exception):
    """This worker process is being ended: another one goes on with the row."""
