"""The second step of signing in: set up, used, replaced by a recovery code, taken away.

Pages count tries before they come here. A password is looked at before a transaction begins: that
takes a third of a second, in which nobody else could write.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy
from ..errors import Refused
from ..models import Account, Authenticator, RecoveryCode
from . import approvals, sessions
from .acting import acting, demand
from .notices import one_line, tell_people

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 16  # 79 bits: too many to try, even with the hashes in hand
VOID = timedelta(hours=24)
"""How long nobody's approval counts after somebody else touched how they sign in."""

WRONG = (_lazy("This code is not right."), _lazy("Type the six digits that the app shows now; if "
                                                 "it never fits, set the phone's clock."))


def is_on(user):
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def prepared(user):
    """The authenticator whose code nobody has typed in yet, or None."""
    return Authenticator.objects.filter(user=user, confirmed=False).first()


def codes_left(user):
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def prove_again(actor, sign_in, *, password, code=""):
    """The session is fresh again, by the password, and a code where the account has the step."""
    is_right, has_step = actor.user.check_password(password), is_on(actor.user)
    with acting(actor, "session.renewed"):
        if not is_right or (has_step and not accepts(actor.user, code)):
            raise Refused(_("Password or code is wrong.") if has_step else
                          _("This is not your password."), _("Type it again."))
        sessions.proved(sign_in, is_two_step=has_step)
        _record(actor, "session.renewed", _("showed again who it is"), actor.user)


def prepare(actor, password):
    """Make a new secret for the actor's phone; an older one that was not confirmed goes."""
    is_right = actor.user.check_password(password)
    with acting(actor, "second_step.prepared"):
        if not is_right:
            raise Refused(_("This is not your password."), _("Type it again."))
        if is_on(actor.user):
            raise Refused(_("You have two-step sign-in already."), _("Remove it first."))
        Authenticator.objects.filter(user=actor.user, confirmed=False).delete()
        Authenticator.objects.create(user=actor.user, name="phone", confirmed=False)
        _record(actor, "second_step.prepared", _("began to set up two-step sign-in"), actor.user)


def confirm(actor, code, *, keep):
    """Switch it on with the phone's first code; return the recovery codes, shown once.

    The actor's sessions end, which began without it, but for `keep`: it has shown both.
    """
    with acting(actor, "second_step.added"):
        device = prepared(actor.user)
        if device is None:
            raise Refused(_("Nothing is being set up."), _("Begin again."))
        if not _fits(device, code):
            raise Refused(*WRONG)
        Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
        approvals.reevaluate(user=actor.user)
        codes = _make_codes(actor.user)
        _record(actor, "second_step.added", _("set up two-step sign-in"), actor.user)
        _tell(actor.user, "second_step.added", _("Two-step sign-in is on for your account"))
        sessions.end_all(actor.user, _("two-step sign-in was set up"), actor=actor, keep=keep)
        sessions.proved(keep, is_two_step=True)
    return codes


def accepts(user, code):
    """Use up a code: "app", or "recovery" (which the person is told of); "" when it is wrong."""
    device = Authenticator.objects.filter(user=user, confirmed=True).first()
    if device is None:
        return ""
    if _fits(device, code):
        return "app"
    rows = RecoveryCode.objects.filter(user=user, used_at=None, code_hash=_hash(user, code))
    with transaction.atomic():
        if not rows.update(used_at=timezone.now()):
            return ""
        left = codes_left(user)
        tell_people([user], event="second_step.recovered",
                    subject=_("A recovery code opened your account"),
                    sentence=_("Somebody signed in as you with a recovery code. {left} are "
                               "left.").format(left=left))
    return "recovery"


def renew_codes(actor, code):
    """New recovery codes for a code of the phone; the old ones open nothing any more."""
    with acting(actor, "second_step.codes_renewed"):
        if not accepts(actor.user, code):
            raise Refused(*WRONG)
        codes = _make_codes(actor.user)
        _record(actor, "second_step.codes_renewed", _("made new recovery codes"), actor.user)
        _tell(actor.user, "second_step.codes_renewed", _("You have new recovery codes"))
    return codes


def remove(actor, *, password, code):
    """Switch one's own off, with both. Every session counts as signed in by password alone."""
    is_right = actor.user.check_password(password)
    with acting(actor, "second_step.removed"):
        if not is_right or not accepts(actor.user, code):
            raise Refused(_("Password or code is wrong."), _("Type both again."))
        _take_away(actor.user)
        approvals.reevaluate(user=actor.user)
        _record(actor, "second_step.removed", _("switched two-step sign-in off"), actor.user)
        _tell(actor.user, "second_step.removed", _("Two-step sign-in is off for your account"))
        sessions.forget_second_step(actor.user)


def reset(actor, user, reason):
    """Take the second step away from somebody who lost phone and codes.

    Whoever can do that and has the password could be that person: for 24 hours their approvals
    count for nothing, their sessions end, and they are told.
    """
    with acting(actor, "second_step.reset"):
        demand(policy.may_reset_second_step(actor, user))
        demand(policy.fresh(actor))
        if not is_on(user):
            raise Refused(_("This account has no second step."))
        if not reason.strip():
            raise Refused(_("A reset needs a reason."), _("Write how you know who asked for it."))
        _take_away(user)
        Account.objects.update_or_create(
            user=user, defaults={"approvals_void_until": timezone.now() + VOID})
        approvals.reevaluate(user=user)
        person, reason = policy.name_of(user), one_line(reason, 500)
        _record(actor, "second_step.reset",
                _("took two-step sign-in away from {person}: {reason}").format(
                    person=person, reason=reason),
                user, reason=reason)
        _tell(user, "second_step.reset",
              _("{actor} took two-step sign-in away from your account").format(actor=actor.name),
              _(" Why: {reason}").format(reason=reason))
        sessions.end_all(user, _("the second step was reset"), actor=actor)


def _fits(device, code):
    digits = "".join(code.split())
    return len(digits) == 6 and digits.isascii() and digits.isdigit() \
        and device.verify_token(digits)


def _hash(user, code):
    letters = "".join(char for char in code.casefold() if char in _LETTERS)
    return hashlib.sha256(f"{user.pk}:{letters}".encode()).hexdigest()


def _make_codes(user):
    codes = ["".join(secrets.choice(_LETTERS) for __ in range(CODE_LENGTH)) for __ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code)) for code in codes)
    return ["-".join(code[start:start + 4] for start in range(0, CODE_LENGTH, 4))
            for code in codes]


def _take_away(user):
    Authenticator.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _record(actor, action, sentence, user, **details):
    audit.record(action, f"{actor.name} {sentence}", actor=actor, person=user.pk, **details)


def _tell(user, event, subject, why=""):
    tell_people([user], event=event, subject=subject, sentence=f"{subject}.{why}")
