"""The kinds of outcome behind every sentence: one for each class of error the product has."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

KINDS = {
    "Refused": Entry(
        _("Refused"), _("Do what the sentence says, or ask the person it names."),
        _("We said no before anything began: a rule was not met. Nothing changed, and the audit "
          "log has an entry."), _("Whoever the sentence names; else an administrator."),
          "kind-refused"),
    "StepFailed": Entry(
        _("A step failed"), _("Read the sentence, mend what it names, release again."),
        _("A step or a server said no. Before the switch nothing changed; after it, everything "
          "goes back."), _("Whoever runs the server, or the site."), "kind-step-failed"),
    "NotConfirmed": Entry(
        _("Not confirmed"), _("Find out what kept it: mostly a long request, or too few PHP "
                              "workers. Release again in a quieter hour."),
        _("An effect could not be proved in time. It counts as failed, never as live."),
        _("Whoever runs the server."), "kind-not-confirmed"),
    "OutcomeUnknown": Entry(
        _("Nobody was told how that ended"),
        _("Nothing: the server is read before anything is decided."),
        _("The connection was lost while a step ran: it may have taken effect or not."),
        _("Whoever runs the server or the network."), "kind-outcome-unknown"),
    "TakenOver": Entry(
        _("Another worker took over"), _("Nothing: the other one reads the servers and goes on."),
        _("This worker gave no sign of life for too long and writes nothing more."),
        _("An administrator, where it happens often."), "kind-taken-over"),
    "StopRequested": Entry(
        _("Somebody asked to stop"), _("Nothing: it ends at the next step."),
        _("It ends before the switch, so visitors notice nothing."), _("Whoever asked to stop."),
        "kind-stop-requested"),
    "TurnBackRequested": Entry(
        _("Somebody asked to go back"), _("Nothing: it turns at the next step."),
        _("The switch had begun: every server gets back what it had, and that is proved."),
        _("Whoever asked for it."), "kind-turn-back-requested"),
    "HandedOver": Entry(
        _("This worker process is being ended"), _("Nothing."),
        _("Another one goes on from here; the attempt does not count."), _("An administrator."),
        "kind-handed-over"),
}

GROUPS = (
    Group(_("What an outcome is"),
          _("Every sentence on these pages is of one of these kinds."),
          _("See each of them."), tuple(KINDS.values())),
)
