"""Scenes of signing in: the second step, sessions and where they end, one's own password."""

from deployments.models import Authenticator
from deployments.services import second_step, sessions, time_zones
from tests.unit.pages.phones import PASSWORD, digits

from .verbs import Scene, Verb, administrator, person


def _with_password():
    """Somebody who signs in with a password, and the row of their session."""
    actor = person(password=PASSWORD)
    return actor, sessions.begin(actor.user, "key")


def _with_phone(*, confirmed=True):
    actor, row = _with_password()
    phone = Authenticator.objects.create(user=actor.user, name="phone", confirmed=confirmed)
    return actor, row, digits(phone)


def _prove_again():
    actor, row = _with_password()

    def call(actor, password=PASSWORD):
        return second_step.prove_again(actor, row, password=password)

    return Scene(actor, call, stranger=None, wrong=lambda actor: call(actor, password="wrong"))


def _prepare_step():
    actor, _ = _with_password()
    return Scene(actor, lambda actor: second_step.prepare(actor, PASSWORD), stranger=None,
                 wrong=lambda actor: second_step.prepare(actor, "wrong"))


def _confirm_step():
    actor, row, code = _with_phone(confirmed=False)

    def call(actor, code=code):
        return second_step.confirm(actor, code, keep=row)

    return Scene(actor, call, stranger=person(), wrong=lambda actor: call(actor, code="none"))


def _renew_codes():
    actor, _, code = _with_phone()
    return Scene(actor, lambda actor: second_step.renew_codes(actor, code), is_once=True,
                 stranger=person())


def _remove_step():
    actor, _, code = _with_phone()

    def call(actor, password=PASSWORD):
        return second_step.remove(actor, password=password, code=code)

    return Scene(actor, call, is_once=True, wrong=lambda actor: call(actor, password="wrong"),
                 stranger=person(password=PASSWORD))


def _reset_step():
    owner, *_ = _with_phone()

    def call(actor, reason="She showed her passport"):
        return second_step.reset(actor, owner.user, reason)

    return Scene(administrator(), call, is_once=True, wrong=lambda actor: call(actor, reason=""))


def _end_session():
    row = sessions.begin(person().user, "key")
    return Scene(administrator(), lambda actor: sessions.end(actor, row), is_once=True)


def _end_others():
    actor, keep = _with_password()
    sessions.begin(actor.user, "another key")
    return Scene(actor, lambda actor: sessions.end_others(actor, keep), is_once=True)


def _change_password():
    actor, row = _with_password()
    sessions.begin(actor.user, "another key")
    return Scene(actor, lambda actor: sessions.password_changed(actor, row, "new key"))


def _close_session():
    actor, row = _with_password()
    return Scene(actor, lambda actor: sessions.close(row, "signed out", actor=actor))


def _choose_zone():
    def call(actor, name="Europe/Berlin"):
        return time_zones.choose_zone(actor, name)

    return Scene(person(), call, stranger=None, wrong=lambda actor: call(actor, "Mars/Base"))


VERBS = (
    Verb("second_step.prove_again", "session.renewed", _prove_again),
    Verb("second_step.prepare", "second_step.prepared", _prepare_step),
    Verb("second_step.confirm", "second_step.added", _confirm_step),
    Verb("second_step.renew_codes", "second_step.codes_renewed", _renew_codes),
    Verb("second_step.remove", "second_step.removed", _remove_step),
    Verb("second_step.reset", "second_step.reset session.ended", _reset_step),
    Verb("sessions.end", "session.ended", _end_session),
    Verb("sessions.end_others", "session.ended", _end_others),
    Verb("sessions.password_changed", "password.changed session.ended", _change_password,
         never="the page has asked for the old password, and records its refusal itself"),
    Verb("time_zones.choose_zone", "account.changed", _choose_zone),
    Verb("sessions.close", "session.ended", _close_session,
         never="it notes that a session is over; there is nothing to ask for"),
)
