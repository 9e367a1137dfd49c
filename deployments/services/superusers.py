"""Verbs of the machine's console: who is a superuser. No page, form or POST leads here."""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from .. import audit
from ..errors import Refused
from . import approvals, sessions
from .acting import acting, hold
from .administrators import administrators, hold_administrators, sole_administrator
from .notices import tell_people
from .people import make


def grant(actor, username, *, reason, email=""):
    """Let a person look at everything and set everything up, and return their account.

    `actor` is a system account. Where nobody has that user name, an account without a password is
    made; `email` is the address of it.
    """
    with acting(actor, "superuser.granted"):
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            user = make(actor, username=username, email=email)
        elif email and email.casefold() != user.email.casefold():
            raise Refused(_("{user} has another mail address.").format(user=user),
                          _("Leave --email out."))
        _set(actor, user, is_superuser=True, reason=reason)
        return user


def withdraw(actor, user, *, reason):
    """Take that away again, and end the person's sessions. The last one stays.

    Return what is to be known then: that one person alone administers, or "". Approvals take an
    entry, superuser or not, so nobody is missing there.
    """
    with acting(actor, "superuser.withdrawn"):
        hold_administrators()
        others = get_user_model().objects.filter(is_superuser=True, is_active=True)
        if not others.exclude(pk=user.pk).exists():
            raise Refused(_("{user} is the last superuser.").format(user=user),
                          _("Make another one first."))
        _set(actor, user, is_superuser=False, reason=reason)
        sessions.end_all(user, _("superuser status was withdrawn"), actor=actor)
        return sole_administrator()


def _set(actor, user, *, is_superuser, reason):
    hold(user)
    if actor.user is not None or not actor.system_account:
        raise Refused(_("Only the console of the release manager's machine decides this."),
                      _("Run `manage.py superuser` there."))
    if not reason.strip():
        raise Refused(_("This needs a reason."), _("Say --reason TEXT."))
    if user.is_superuser == is_superuser:
        sentence = _("{user} is a superuser already.") if is_superuser else \
            _("{user} is no superuser already.")
        raise Refused(sentence.format(user=user))
    user.is_superuser = user.is_staff = is_superuser
    user.save(update_fields=["is_superuser", "is_staff"])
    approvals.reevaluate(user=user)
    verb = "granted" if is_superuser else "withdrawn"
    sentence = (_("{actor} made {user} a superuser") if is_superuser else
                _("{actor} took superuser status from {user}")).format(actor=actor.name, user=user)
    audit.record(f"superuser.{verb}", f"{sentence}: {reason.strip()}",
                 actor=actor, about=user, reason=reason.strip()[:300],
                 before={"is_superuser": not is_superuser}, after={"is_superuser": is_superuser})
    tell_people({user, *administrators()}, event=f"superuser.{verb}",
                subject=_("Superuser status was changed"),
                sentence=f"{sentence}.")
