"""Password links: an administrator sends one, and its person sets a password with it, once.

The link is computed from SECRET_KEY and the account as it is, so no table, log or page of ours can
give it away; a changed password or mail address makes it void.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy
from ..errors import Refused
from ..models import Account, Grant, PasswordLink
from ..models.fields import is_mail_address
from ..zones import shown
from . import approvals, grants, memberships, sessions
from .acting import acting, demand, hold
from .notices import tell_people, write_letter

LASTS = timedelta(hours=24)
VOID = timedelta(hours=24)
"""How long nobody's approval counts after their password was set anew."""
SETTLES = timedelta(hours=24)
"""How long a mail address that somebody else wrote gets no link: the old one is told meanwhile."""

PLACE = "THE-LINK-IS-IN-THE-MAIL-ONLY"
"""What stands in the outbox in the link's place."""
DEAD = (_lazy("This link is not valid, or was used already."),
        _lazy("Ask an administrator for a new one."))


def send(actor, user):
    """Send the person a link by mail; return it instead where there is no mail to send it by.

    Earlier links of the person are void. Refused where it would let an administrator become them
    unnoticed: to an address that is new, or shown for somebody whose entries weigh.
    """
    with acting(actor, "password_link.sent"):
        demand(policy.may_send_link(actor, user))
        demand(policy.fresh(actor))
        return make(actor, user)


def make(actor, user):
    """The same in the caller's transaction, which has asked policy."""
    hold(user)
    demand(may_get_link(user, is_console=actor.user is None))
    now, by_mail = timezone.now(), goes_by_mail(user)
    PasswordLink.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
    link = PasswordLink.objects.create(
        user=user, sent_by=actor.user, sent_by_name=actor.name, expires_at=now + LASTS,
        sent_to=user.email if by_mail else "")
    sentence = _("{actor} sent {user} a password link to {email}") if by_mail else \
        _("{actor} was shown a password link for {user}, to hand it over")
    audit.record("password_link.sent", sentence.format(
        actor=actor.name, user=user, email=user.email), actor=actor, about=user,
                 link=link.pk, sent_to=link.sent_to)
    if not by_mail:
        return address_of(link)
    link.notice = _write(actor, link)
    link.save(update_fields=["notice"])
    return ""


def may_get_link(user, *, is_console=False):
    """Whether a link for this account would reach its person, and nobody else who could not read
    it anyway: whoever has the machine's console has everything."""
    if not user.is_active:
        return policy.Decision(False, _("The account of {user} is switched off.").format(user=user),
                               _("Switch it on first."))
    account = Account.objects.filter(user=user).first()
    changed_at = account and account.address_changed_at
    if changed_at and timezone.now() < changed_at + SETTLES and not _is_empty(user):
        until = shown(changed_at + SETTLES, "d M Y, H:i")
        return policy.Decision(
            False, _("The mail address of {user} was changed a short while ago.").format(user=user),
            _("A link can be sent from {until}; the old address was told.").format(until=until))
    if not goes_by_mail(user) and not is_console and _weighs(user):
        return policy.Decision(
            False, _("{user} sets things up, or may release or approve where that is protected: "
                     "nobody may be shown their link.").format(user=user),
                     _("Set up mail (EMAIL_URL, and an address on the account), or end these "
                       "entries first."))
    return policy.Decision(True, _("A link can be sent."))


def goes_by_mail(user):
    return settings.MAIL_IS_ON and is_mail_address(user.email)


def find(token):
    """The PasswordLink of a token that still opens something, or None."""
    number = token.partition("-")[0]
    link = PasswordLink.objects.select_related("user").filter(
        pk=int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0,
        used_at=None, expires_at__gt=timezone.now(), user__is_active=True).first()
    return link if link and constant_time_compare(token, token_of(link)) else None


def use(token, password, *, address):
    """Set the password, once. Their sessions end, and their approvals are void for 24 hours."""
    link = find(token)
    actor = policy.Actor(user=link and link.user, address=address)
    with acting(actor, "password.set"):
        if link is None:
            raise Refused(*DEAD)
        user = link.user
        hold(user)
        hold(link)
        if find(token) is None:  # somebody was quicker
            raise Refused(*DEAD)
        _set(user, password)
        now = timezone.now()
        link.used_at = now
        link.save(update_fields=["used_at"])
        Account.objects.update_or_create(user=user, defaults={
            "password_changed_at": now, "approvals_void_until": now + VOID})
        approvals.reevaluate(user=user)
        sessions.end_all(user, _("the password was set with a link"), actor=actor)
        audit.record("password.set", _("{actor} set a password with a link that {sent_by_name} "
                                       "sent; approvals are void for 24 hours").format(
            actor=actor.name, sent_by_name=link.sent_by_name), actor=actor,
                     about=user, link=link.pk)
        _tell(link)
        return user


def token_of(link):
    """What stands in the address: nobody can compute it without SECRET_KEY."""
    user = link.user
    fact = "\0".join([str(link.pk), str(user.pk), user.password, user.email])
    mac = salted_hmac("deployments.password-link", fact, algorithm="sha256").hexdigest()
    return f"{link.pk}-{mac}"


def address_of(link):
    return f"{settings.BASE_URL.rstrip('/')}{reverse('admin:password-link', args=[token_of(link)])}"


def filled_in(notice):
    """The text of a mail as it is sent: with the link, where one goes with it."""
    link = PasswordLink.objects.select_related("user").filter(notice=notice).first()
    return notice.text.replace(PLACE, token_of(link)) if link else notice.text


def _set(user, password):
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None
    user.set_password(password)
    user.save(update_fields=["password"])


def _write(actor, link):
    return write_letter(
        link.user.email, event="password_link.sent", subject=_("Set your password"),
        sentence=_("{actor} sent you this link. It sets your password once, within 24 hours; "
                   "afterwards your approvals count for nothing for 24 hours.").format(
            actor=actor.name),
        path=reverse("admin:password-link", args=[PLACE]),
        reference=_("If you did not ask for it, tell another administrator at once."))


def _tell(link):
    counts_at = timezone.now() + VOID

    def words():
        return (_("It was set with the link that {sent_by_name} sent. Approvals of {user} count "
                  "again from {shown}.").format(
            sent_by_name=link.sent_by_name, user=link.user,
            shown=shown(counts_at, "d M Y, H:i")))

    tell_people(
        [link.user, *filter(None, [link.sent_by])], event="password.set",
        subject=_("The password of {user} was set").format(user=link.user), sentence=words)


def _is_empty(user):
    """Whether nobody has used the account yet and nothing is allowed to it."""
    return (not user.is_superuser and not user.has_usable_password()
            and not policy.entries_of(user).exists())


def _weighs(user):
    """Whether the account could release or approve where an environment is protected, or say yes
    as the second person."""
    rows = policy.entries_of(user)
    return user.is_superuser or any(
        row.action in (Grant.SET_UP, Grant.COMMANDS) or grants.is_weighty(row)
        for row in rows) or any(
        memberships.weighs(group) for group in user.groups.all())
