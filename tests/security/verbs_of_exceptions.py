"""Scenes of exceptions from a freeze: ask for one, say no, take it back."""

from datetime import time, timedelta

from django.utils import timezone

from deployments.models import Freeze
from deployments.services import exceptions
from tests import factories

from .verbs import Scene, Verb, person, place


def _ask_for_an_exception():
    there, today = place(), timezone.now().date()
    Freeze.objects.create(
        environment=there, reason="Sale", from_date=today - timedelta(days=1),
        until_date=today + timedelta(days=2), from_time=time(), until_time=time(),
    ).may_override.add(factories.make_user(email="ines@shop.example"))

    def call(actor, reason="It sells nothing"):
        return exceptions.ask(actor, there, reason=reason)

    return Scene(person(there.project, "release"), call, is_once=True,
                 wrong=lambda actor: call(actor, reason=" "))


def _asked_exception():
    """One that waits, and (who asked, whom the freeze names)."""
    scene, named = _ask_for_an_exception(), factories.make_user()
    row = scene.call(scene.actor)
    Freeze.objects.get().may_override.add(named)
    factories.make_grant(named, "look")
    return row, scene.actor, factories.actor_for(named)


def _decline_an_exception():
    row, _, named = _asked_exception()
    return Scene(named, lambda actor: exceptions.decline(actor, row, comment="Not now"),
                 is_once=True)


def _take_an_exception_back():
    row, actor, _ = _asked_exception()
    return Scene(actor, lambda actor: exceptions.take_back(actor, row), is_once=True)


VERBS = (
    Verb("exceptions.ask", "freeze.exception_asked", _ask_for_an_exception),
    Verb("exceptions.decline", "freeze.exception_declined", _decline_an_exception),
    Verb("exceptions.take_back", "freeze.exception_taken_back", _take_an_exception_back),
)
