"""The outbox: who is told what, as rows written together with the fact; sending is a task's.

A fact and its notices are in one transaction: nobody is told what did not happen, and nothing that
happened is forgotten because a mail server was away.

A `sentence` is words, or a function that makes them: it is called once for each time zone in which
the receivers read times, and says every time in that zone (`zones.named`).
"""

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy, queue, zones
from ..errors import Refused
from ..models import Account, Deployment, Environment, ExceptionRequest, Notice
from ..models.fields import is_mail_address, lines_of
from .acting import acting, demand

NO_SERVER = _lazy("No mail server is configured.")
NO_ADDRESS = _lazy("This is no mail address.")

TOLD = {
    "succeeded": "deployment.succeeded", "failed": "deployment.failed",
    "errored": "deployment.failed", "cancelled": "deployment.stopped",
    "voided": "deployment.stopped", "rejected": "deployment.rejected",
    "expired": "deployment.expired",
    "needs_attention": "deployment.needs_decision",
}
"""What a status is called as an event; nobody is told of the others."""

LONGEST_SUBJECT, LONGEST_SENTENCE = 150, 2000

logger = logging.getLogger(__name__)


def tell_deployment(deployment, status, sentence):
    """Write a notice for everybody who is to know that a deployment has ended so, or needs them.

    For the caller's transaction, after it wrote `status`. One query when nobody is to be told.
    Nothing that is wrong with a notice keeps a deployment from ending.
    """
    if status not in TOLD:
        return
    addresses = each_once(_waiting_for(deployment))
    if addresses:
        _safely(_write_end, deployment.pk, status, sentence, addresses)


def tell_drift(environment, subject, sentence, *, is_gone=False, path=""):
    """Write a notice that a server is not as we left it, or (`is_gone`) that it is so again.

    As `tell_deployment`; `subject` and `sentence` are words of the caller's, `path` the page that
    the mail leads to, the home page by default.
    """
    named = Environment.objects.filter(pk=environment.pk).values_list(
        "notify_addresses", flat=True).first()
    addresses = each_once(lines_of(named or ""))
    if addresses:
        event = "drift.gone" if is_gone else "drift.found"
        _safely(_write, addresses, event=event, environment_id=environment.pk, subject=subject,
                sentence=sentence, path=path or reverse("admin:index"),
                reference=_("Told at: {environment}").format(environment=environment))


def tell_people(users, *, event, subject, sentence, path="", environment=None, deployment=None,
                addresses=()):
    """Write a notice for each of these people that has an address, and for `addresses`, the same
    for all.

    As `tell_deployment`; also for accounts that are switched off, who should know what becomes of
    them. `path` is the page that the mail leads to, the home page by default.
    """
    own = [line for user in users for line in lines_of(user.email)]
    tell_addresses([*own, *addresses], event=event, subject=subject, sentence=sentence,
                   path=path, environment=environment, deployment=deployment)


def tell_addresses(addresses, *, event, subject, sentence, path="", environment=None,
                   deployment=None):
    """The same to mail addresses, whoever reads them."""
    if addresses := each_once(addresses):
        _safely(_write, addresses, event=event, subject=subject, sentence=sentence,
                path=path or reverse("admin:index"),
                reference=_("If this surprises you, tell an administrator at once."),
                environment_id=environment and environment.pk,
                deployment_id=deployment and deployment.pk)


def write_letter(address, *, event, subject, sentence, path, reference):
    """Write one mail that must be written, or the caller's transaction fails; return its Notice."""
    return _write([address], event=event, subject=subject, sentence=sentence, path=path,
                  reference=reference)[0]


def gets_mail(user):
    """Whether what this person is told goes out by mail."""
    return bool(settings.MAIL_IS_ON and lines_of(user.email))


def each_once(addresses):
    """Addresses in their order, the first of those that differ in capitals only."""
    first = {}
    for each in addresses:
        first.setdefault(each.casefold(), each)
    return list(first.values())


def one_line(text, most):
    """`text` without line ends and control characters, cut to `most` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[:most - 1].rstrip()}…"


def title_of(deployment):
    """“Shop 2.9.1 to Production”: a deployment as the heading of its page and of its mails."""
    project, place = deployment.environment.project.name, deployment.environment.name
    version = deployment.release.title
    if deployment.strategy == deployment.RESTART:
        return _("PHP restart of {project} {version} in {place}").format(
            project=project, version=version, place=place)
    return {
        "deploy": _("{project} {version} to {place}").format(
            project=project, version=version, place=place),
        "rollback": _("{project} back to {version} in {place}").format(
            project=project, version=version, place=place),
        "reload": _("PHP reload of {project} {version} in {place}").format(
            project=project, version=version, place=place),
        "adopted": _("{project} {version} in {place}").format(
            project=project, version=version, place=place),
    }[deployment.kind]


def _safely(write, *arguments, **fields):
    """Write within the caller's transaction, or not at all; a database that is away is the
    caller's to know."""
    try:
        with transaction.atomic():
            write(*arguments, **fields)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Notices could not be written: %s", arguments)


def _waiting_for(deployment):
    """The addresses of its environment, of whoever asked for it, and of those whose request for an
    exception from a freeze it was, as they are now; accounts that are switched off have none."""
    asked = ExceptionRequest.objects.filter(deployment=deployment.pk).order_by().values_list(
        Value(""), "asked_by__email", "asked_by__is_active")
    rows = list(Deployment.objects.filter(pk=deployment.pk).order_by().values_list(
        "environment__notify_addresses", "requested_by__email", "requested_by__is_active",
    ).union(asked, all=True))
    return [*(line for named, *_rest in rows for line in lines_of(named)),
            *(line for _named, own, is_active in rows if is_active for line in lines_of(own))]


def _write_end(pk, status, sentence, addresses):
    row = Deployment.objects.select_related(
        "environment__project", "release__project", "previous__project",
    ).defer("plan", "release__contents", "previous__contents").get(pk=pk)
    words = str(row.words)
    subject = f"{title_of(row)}: {words}"
    reference = _("Asked for by {requested_by_name}. For support: ref R-{pk}").format(
        requested_by_name=row.requested_by_name, pk=pk)
    _write(addresses, event=_event(row, status), environment_id=row.environment_id,
           deployment_id=pk, subject=subject, sentence=sentence or f"{words}.",
           path=reverse("admin:deployment-progress", args=[pk]), reference=reference)


def _event(row, status):
    touched = [target for target in row.targets.all() if target.switched_at]
    is_back = touched and all(target.status == "reverted" for target in touched)
    is_failed = status in ("failed", "errored")
    return "deployment.went_back" if is_failed and is_back else TOLD[status]


def _letter(subject, sentence, path, reference):
    """The text of a mail: no line of it can be forged by what it quotes."""
    return "\n\n".join([
        f"{one_line(subject, LONGEST_SUBJECT)}.", one_line(sentence, LONGEST_SENTENCE),
        f"{settings.BASE_URL.rstrip('/')}{path}", one_line(reference, 300)]) + "\n"


def _write(addresses, *, subject, sentence, path, reference, **fields):
    """Return a row per address, after one message that wakes whoever sends them."""
    zone_of, texts = _zones_of(addresses), {}
    for name in {zone_of.get(each.casefold(), "") for each in addresses}:
        with zones.named(name):
            words = sentence() if callable(sentence) else sentence
            texts[name] = _letter(subject, words, path, reference)
    rows = Notice.objects.bulk_create(
        Notice(address=one_line(each, 254), subject=one_line(subject, LONGEST_SUBJECT),
               text=texts[zone_of.get(each.casefold(), "")], **_hopeless(each), **fields)
        for each in addresses)
    waiting = [row.pk for row in rows if row.status == Notice.WAITING]
    if waiting:
        queue.wake(queue.SEND_NOTICES, waiting[0])
    return rows


def _zones_of(addresses):
    """{address: the time zone's name} of those that belong to somebody who chose one."""
    rows = Account.objects.exclude(time_zone="").annotate(address=Lower("user__email"))
    rows = rows.filter(address__in=[each.lower() for each in addresses], user__is_active=True)
    return {address.casefold(): name for address, name in
            rows.order_by("-pk").values_list("address", "time_zone")}


def _hopeless(address):
    """The state of a notice that nobody can send, with the reason."""
    problem = "" if is_mail_address(address) else NO_ADDRESS
    if not settings.MAIL_IS_ON:
        problem = NO_SERVER
    return {"status": Notice.GIVEN_UP, "problem": problem} if problem else {}


def may_send_again(actor, notice):
    """Whether the person may set up who is told there."""
    return policy.may_set_up(actor, notice.environment.project if notice.environment else None)


def send_again(actor, notice):
    """Try a notice that was given up anew, from the first try. Refused where that is no use."""
    with acting(actor, "notice.sent_again", environment=notice.environment):
        demand(may_send_again(actor, notice))
        if not is_mail_address(notice.address):
            raise Refused(NO_ADDRESS, _("Correct it where it is written; the next one is sent."))
        if not settings.MAIL_IS_ON:
            raise Refused(NO_SERVER, _("Set EMAIL_URL and restart both processes."))
        if not Notice.objects.move(notice, Notice.WAITING, was=Notice.GIVEN_UP, tries=0,
                                   next_try_at=None, lease_until=None, problem=""):
            raise Refused(_("Only a notification that was given up can be sent again."))
        audit.record("notice.sent_again",
                     _("{actor} had {address} told again: {subject}").format(
                         actor=actor.name, address=notice.address, subject=notice.subject),
                     actor=actor, environment=notice.environment, notice=notice.pk,
                     deployment=notice.deployment_id)
        queue.wake(queue.SEND_NOTICES, notice.pk)
