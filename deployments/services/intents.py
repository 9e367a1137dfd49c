"""What was announced in the audit log and never concluded, because its worker was lost."""

from collections import Counter

from django.utils.translation import gettext as _

from .. import audit
from ..models import AuditEntry


def settle(deployment, *, record=audit.record):
    """Give every open intent of this deployment its outcome, `unknown`; return how many.

    An intent is open when its action was announced and did not end after that.
    """
    rows = AuditEntry.objects.order_by("seq").filter(
        action__startswith="step.", details__deployment=deployment.pk,
        project_slug=deployment.environment.project.slug)
    left, announced = Counter(), {}
    for action, outcome, sentence in rows.values_list("action", "outcome", "sentence"):
        step = 1 if outcome == AuditEntry.INTENDED else -1
        left[action] = max(0, left[action] + step)  # an end may be told twice, a start is not
        if step == 1:
            announced[action] = _announced(sentence)
    for action, count in sorted(left.items()):
        for __ in range(count):
            record(
                action, _("Nobody was told how this ended: {announced}. The servers were asked "
                          "instead.").format(announced=announced[action]),
                outcome=AuditEntry.UNKNOWN, environment=deployment.environment,
                about=deployment, deployment=deployment.pk)
    return left.total()


def _announced(sentence):
    """What was announced, without how that begins: in the language of now, or in English."""
    for begins in (_("About to"), "About to"):
        sentence = sentence.removeprefix(f"{begins} ")
    return sentence
