"""Who may do what when, as the scene shows it: freezes, an emergency, an edit, requests, a link."""

from datetime import timedelta

from django.utils import timezone

from deployments.models import (
    AccessRequest,
    ExceptionRequest,
    Freeze,
    PasswordLink,
    Pause,
    RecipeVersion,
)
from deployments.services import gates
from deployments.services.password_links import token_of
from deployments.services.recipe_content import content_of, shown


def freeze(blog, place, ben):
    """One freeze in force, with an exception, one to come, one over; and a pause. All of Blog."""
    now = timezone.now()
    fields = {"project": blog, "time_zone": "Europe/Berlin", "set_by_name": "Ines Roth",
              "from_time": "08:00", "until_time": "20:00"}
    for reason, first, last in (("Stock-taking", -2, 3), ("Black Friday", 20, 24),
                                ("Summer sale", -90, -80)):
        row = Freeze.objects.create(
            reason=reason, from_date=now + timedelta(days=first),
            until_date=now + timedelta(days=last), **fields)
        if first == -2:
            row.may_override.add(ben)
    Pause.objects.create(environment=place, reason="The payment provider is being replaced",
                         until=now + timedelta(hours=5), paused_by_name="Ines Roth")


def exceptions(place, anna, ben):
    """Two requests for an exception: Ben said no to Anna's first one, the newer one waits."""
    asked = {}
    keys = [gate.key for gate in gates.standing(place) if gate.sort == gates.FREEZE]
    for name, answer in (
            ("declined", {"answer": ExceptionRequest.DECLINED, "answered_by": ben,
                          "answered_by_name": "Ben Okafor", "answered_at": timezone.now(),
                          "comment": "Stock-taking ends on Friday, and nobody is there to help"}),
            ("waits", {})):
        row = asked[name] = ExceptionRequest.objects.create(
            environment=place, asked_by=anna, asked_by_name="Anna Berg", version="main",
            title="main", reason="The first post must be online before the fair opens",
            gates=keys, told=["Ben Okafor"], is_mailed=name == "waits", **answer)
        ExceptionRequest.objects.filter(pk=row.pk).update(
            asked_at=timezone.now() - timedelta(minutes=70))
    return asked


def edit(project, ben):
    """Two edits of what a project runs: the newer one, by Ben, waits for another person."""
    before = content_of(project)
    after = before | {"build_commands": "composer install --no-dev\nnpm ci\nnpm run " + "b" * 60}
    for number, status, content in ((1, RecipeVersion.IN_FORCE, before),
                                    (2, RecipeVersion.WAITING, after)):
        RecipeVersion.objects.create(project=project, number=number, status=status,
                                     shown=shown(content), edited_by=ben,
                                     edited_by_name="Ben Okafor")


def ask(vera, environment):
    """Vera asks to be allowed to release there."""
    return AccessRequest.objects.create(
        user=vera, project=environment.project, environment=environment, action="release",
        reason="Anna is on holiday next week", address="192.0.2.7")


def link(vera, ines):
    """What stands in the address of the link that Vera sets her password with."""
    return token_of(PasswordLink.objects.create(
        user=vera, sent_by=ines, sent_by_name="Ines Roth",
        expires_at=timezone.now() + timedelta(hours=24)))
