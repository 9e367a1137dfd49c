"""The kinds of outcome behind every sentence: one for each class of error the product has."""

from .entry import Entry, Group

KINDS = {
    "Refused": Entry(
        "Refused", "Do what the sentence says, or ask the person it names.",
        "We said no before anything began: a rule was not met. Nothing changed, and the audit log "
        "has an entry.", "Whoever the sentence names; else an administrator.", "kind-refused"),
    "StepFailed": Entry(
        "A step failed", "Read the sentence, mend what it names, release again.",
        "A step or a server said no. Before the switch nothing changed; after it, everything goes "
        "back.", "Whoever runs the server, or the site.", "kind-step-failed"),
    "NotConfirmed": Entry(
        "Not confirmed", "Find out what kept it: mostly a long request, or too few PHP workers. "
        "Release again in a quieter hour.",
        "An effect could not be proved in time. It counts as failed, never as live.",
        "Whoever runs the server.", "kind-not-confirmed"),
    "OutcomeUnknown": Entry(
        "Nobody was told how that ended", "Nothing: the server is read before anything is decided.",
        "The connection was lost while a step ran; it may have taken effect or not.",
        "Whoever runs the server or the network.", "kind-outcome-unknown"),
    "TakenOver": Entry(
        "Another worker took over", "Nothing: the other one reads the servers and goes on.",
        "This worker gave no sign of life for too long and writes nothing more.",
        "An administrator, where it happens often.", "kind-taken-over"),
    "StopRequested": Entry(
        "Somebody asked to stop", "Nothing: it ends at the next step.",
        "It ends before the switch, so visitors notice nothing.", "Whoever asked to stop.",
        "kind-stop-requested"),
    "TurnBackRequested": Entry(
        "Somebody asked to go back", "Nothing: it turns at the next step.",
        "The switch had begun: every server gets back what it had, and that is proved.",
        "Whoever asked for it.", "kind-turn-back-requested"),
    "HandedOver": Entry(
        "This worker process is being ended", "Nothing.",
        "Another one goes on from here; the attempt does not count.", "An administrator.",
        "kind-handed-over"),
}

GROUPS = (
    Group("What an outcome is",
          "Every sentence on these pages is of one of these kinds.",
          "See each of them.", tuple(KINDS.values())),
)
