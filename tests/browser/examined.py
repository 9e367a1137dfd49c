"""What the doctor said of the scene's servers: one that blocks, one that is well."""

from dataclasses import replace

from django.utils import timezone

from deployments.coherence.doctor import diagnose
from deployments.models import Checkup
from tests.unit.coherence.patients import a_pool, facts, handed_current


def examine(environment):
    """Answer a Checkup of each installation: the first one preloads, the others are well."""
    places = list(environment.installations.select_related("server"))
    ill = facts(
        handed_current(ini={"preload": "/srv/shop/current/preload.php"}), may={
            "/usr/bin/systemctl reload php8.2-fpm": False}, certificate_days=9)
    for place, given in zip(places, [ill, *[facts(a_pool())] * len(places)], strict=False):
        found = diagnose(replace(given, server=place.server.name, strategy=place.strategy))
        Checkup.objects.create(
            installation=place, answered_at=timezone.now(), asked_by_name="Anna",
            facts=given.as_json(), findings=[row.as_json() for row in found.findings],
            choice=found.choice, reason=found.reason, verdicts=found.whys,
            changes=["PHP pool www: opcache.preload was empty, is /srv/shop/current/preload.php"]
            if given is ill else [])
