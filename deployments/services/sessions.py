"""Sessions: when each began, whether it may go on, and how it ends.

A `SignIn` row stands for a session and names it by a hash alone; the session knows its row. A
session whose row has ended opens nothing, even where a copy of it came back.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import audit, policy
from ..errors import Refused
from ..models import Account, SignIn
from ..models.session_store import hash_of, stored_key
from .acting import acting, demand
from .agreeing import reevaluate
from .notices import tell_people

SEEN_EVERY = timedelta(minutes=1)
"""How exact `seen_at` is: not every page is a write."""

KEPT = timedelta(days=90)


def begin(user, session_key, *, address="", browser="", is_two_step=False):
    """Write down that a session has begun, and return its row."""
    now = timezone.now()
    return SignIn.objects.create(
        user=user, session_hash=hash_of(session_key), address=address[:45], browser=browser[:200],
        is_two_step=is_two_step, fresh_at=now, seen_at=now)


def why_over(sign_in):
    """Why a session may not go on: idle for too long, or too old; "" while it may."""
    now = timezone.now()
    if now - sign_in.began_at >= timedelta(hours=settings.SESSION_LIMIT_H):
        return _("it was {session_limit_h} hours old").format(
            session_limit_h=settings.SESSION_LIMIT_H)
    if now - sign_in.seen_at >= timedelta(minutes=settings.SESSION_IDLE_MIN):
        return _("nothing was done for {session_idle_min} minutes").format(
            session_idle_min=settings.SESSION_IDLE_MIN)
    return ""


def open_sessions(user):
    """The person's sessions that may go on, the latest seen first."""
    now = timezone.now()
    return SignIn.objects.filter(
        user=user, ended_at=None,
        seen_at__gt=now - timedelta(minutes=settings.SESSION_IDLE_MIN),
        began_at__gt=now - timedelta(hours=settings.SESSION_LIMIT_H))


def seen(sign_in):
    """A person did something in it just now."""
    now = timezone.now()
    if now - sign_in.seen_at >= SEEN_EVERY:
        SignIn.objects.filter(pk=sign_in.pk).update(seen_at=now)


def renew(sign_in, session_key):
    """The session has another key now."""
    SignIn.objects.filter(pk=sign_in.pk).update(session_hash=hash_of(session_key))


def proved(sign_in, *, is_two_step):
    """Its person has just shown again who they are."""
    SignIn.objects.filter(pk=sign_in.pk).update(
        fresh_at=timezone.now(), is_two_step=is_two_step)


def forget_second_step(user):
    """The person's sessions count as begun with a password alone."""
    SignIn.objects.filter(user=user, ended_at=None).update(is_two_step=False)


def end(actor, sign_in):
    """End one session: one's own, or that of a person one looks after."""
    with acting(actor, "session.ended"):
        demand(policy.may_end_sessions(actor, sign_in.user))
        if not _end([sign_in], _("ended by {actor}").format(actor=actor.name)):
            raise Refused(_("This session has ended already."))
        sentence = _("{actor} ended a session of {person}: {place}").format(
            actor=actor.name, person=policy.name_of(sign_in.user), place=_place(sign_in))
        audit.record("session.ended", sentence, actor=actor, person=sign_in.user_id,
                     session=sign_in.pk)


def end_all(user, why, *, actor=None, keep=None):
    """End every session of a person, but for the row `keep`; return how many.

    For the caller's transaction, where something makes them unsafe; `why` follows a colon.
    """
    rows = list(SignIn.objects.filter(user=user, ended_at=None).exclude(pk=keep and keep.pk))
    ended = _end(rows, why)
    if ended:
        sentence = ngettext("{count} session of {person} ended: {why}",
                            "{count} sessions of {person} ended: {why}", ended).format(
            count=ended, person=policy.name_of(user), why=why)
        audit.record("session.ended", sentence, actor=actor, person=user.pk,
                     sessions=[row.pk for row in rows])
    return ended


def password_changed(actor, sign_in, session_key):
    """The actor has set a new password of their own: their other sessions end.

    For the transaction that wrote it; the session has another key since.
    """
    user = actor.user
    reevaluate(user=user)
    audit.record("password.changed",
                 _("{actor} changed their own password").format(actor=actor.name), actor=actor,
                 person=user.pk)
    Account.objects.update_or_create(user=user, defaults={"password_changed_at": timezone.now()})
    renew(sign_in, session_key)
    end_all(user, _("the password was changed"), actor=actor, keep=sign_in)
    tell_people([user], event="password.changed", subject=_("Your password was changed"),
                sentence=_("Somebody who was signed in as you, and knew your password, "
                           "changed it."))


def end_others(actor, keep):
    """End all of one's own sessions but the row `keep`."""
    with acting(actor, "session.ended"):
        if not end_all(actor.user, _("ended by the person, from another one"), actor=actor,
                       keep=keep):
            raise Refused(_("You have no other session."))


def close(sign_in, why, *, actor=None):
    """A session ended by itself (`why` follows “ended: ”); the log says so once."""
    if _end([sign_in], why):
        sentence = _("A session of {person} ended: {why}").format(
            person=policy.name_of(sign_in.user), why=why)
        audit.record("session.ended", sentence, actor=actor, person=sign_in.user_id,
                     session=sign_in.pk)


def tidy():
    """Close what nobody came back to, and forget what ended long ago."""
    now = timezone.now()
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MIN)
    old = now - timedelta(hours=settings.SESSION_LIMIT_H)
    for row in SignIn.objects.filter(Q(seen_at__lte=idle) | Q(began_at__lte=old), ended_at=None):
        close(row, why_over(row))
    SignIn.objects.filter(ended_at__lt=now - KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()


def _end(rows, why):
    """Mark the rows as ended and delete their sessions; return how many were open until now."""
    ended = SignIn.objects.filter(pk__in=[row.pk for row in rows], ended_at=None).update(
        ended_at=timezone.now(), ended_why=why[:100])
    if ended:
        Session.objects.filter(
            session_key__in=[stored_key(row.session_hash) for row in rows]).delete()
    return ended


def _place(sign_in):
    return _("from {address}, {browser}").format(
        address=sign_in.address or _("an unknown address"),
        browser=sign_in.browser or _("no browser"))
