"""Many rows, written fast: projects, deployments over two years, and an audit log that verifies."""

import json
import random
from datetime import UTC, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from deployments.audit import offline
from deployments.audit.writing import COLUMNS, FORM, values_of
from deployments.models import (
    Approval,
    AuditEntry,
    AuditHead,
    Deployment,
    Environment,
    LogLine,
    Target,
)
from tests import factories

PEOPLE = 25
AT_ONCE = 5_000
OVER = timedelta(days=730)
ENDS = ("succeeded",) * 17 + ("failed", "cancelled", "errored")
ACTIONS = ("deployment.requested", "deployment.approved", "deployment.succeeded", "session.opened",
           "step.switch", "step.copy", "step.prove", "grant.added", "project.changed",
           "page.refused")


def make_places(projects):
    """So many projects with a staging and a production each, one server, and three versions."""
    server = factories.make_server("web-1")
    for number in range(projects):
        project = factories.make_project(name=f"Site {number}", slug=f"site-{number}")
        for slug in ("staging", "production"):
            place = factories.make_environment(project, slug=slug)
            factories.make_installation(place, server=server, pools=[])
        for _ in range(3):
            factories.make_release(project)
    return list(Environment.objects.prefetch_related("project__releases", "installations"))


def make_people():
    """Accounts; the first sets everything up, the second may look at and release everything."""
    ines = factories.make_user("ines", is_superuser=True, is_staff=True)
    return [ines, *(factories.make_user(f"person-{number}", None, "look", "release", "approve")
                    for number in range(1, PEOPLE))]


def make_deployments(places, people, count):
    """So many, the newest today; every third was approved; the newest runs."""
    chance, now = random.Random(6), timezone.now()
    Deployment._meta.get_field("requested_at").auto_now_add = False  # it is years ago here
    for begin in range(0, count, AT_ONCE):
        rows = [_deployment(places, people, number, count, chance, now)
                for number in range(begin, min(begin + AT_ONCE, count))]
        made = Deployment.objects.bulk_create(rows)
        Target.objects.bulk_create([
            Target(deployment=row, installation=place, server_name="web-1", status="proved",
                   switched_at=row.finished_at)
            for row in made for place in row.environment.installations.all()])
        Approval.objects.bulk_create([
            Approval(deployment=row, user=people[3], user_name=people[3].username, answer="yes",
                     plan_hash=row.plan_hash, answered_at=row.requested_at + timedelta(minutes=4))
            for row in made if row.pk % 3 == 0])
    Deployment._meta.get_field("requested_at").auto_now_add = True
    return _running(places[0], people[1])


def _deployment(places, people, number, count, chance, now):
    place, who = chance.choice(places), chance.choice(people)
    at = now - OVER * (1 - (number + 1) / count)
    release = chance.choice(place.project.releases.all())
    plan = {"kind": "deploy", "version": release.name, "pages": [], "commands": ["true"] * 20}
    return Deployment(
        environment=place, release=release, kind="rollback" if number % 15 == 0 else "deploy",
        status=chance.choice(ENDS), request_key=f"bench-{number}", requested_by=who,
        requested_by_name=who.username, requested_at=at - timedelta(minutes=9),
        reason=f"Ticket {number}", plan=plan,
        plan_hash=f"{number:064x}", claimed_at=at - timedelta(minutes=3), finished_at=at,
        switching_at=at - timedelta(seconds=20), fence=number)


def _running(place, person):
    row = factories.make_deployment(place, status="running", requested_by=person,
                                    claimed_at=timezone.now(), fence=10**9)
    LogLine.objects.bulk_create([
        LogLine(deployment=row, number=number, at=timezone.now(), server_name="web-1",
                step="copy", text=f"file {number} copied") for number in range(1, 2000)])
    return row


def make_entries(places, people, count):
    """So many entries of the audit log, chained and signed as `audit.record` does it."""
    columns = ", ".join(_column(name) for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    statement = f"INSERT INTO {AuditEntry._meta.db_table} ({columns}) VALUES ({marks})"
    previous, rows = "", []
    with transaction.atomic(), connection.cursor() as cursor:
        for entry in _entries(places, people, count):
            entry.previous_hash = previous
            previous = entry.hash = offline.row_hash(values_of(entry), settings.AUDIT_KEYS[0])
            rows.append([_stored(getattr(entry, name)) for name in COLUMNS])
            if len(rows) == AT_ONCE:
                cursor.executemany(statement, rows)
                rows = []
        cursor.executemany(statement, rows)
        AuditHead.objects.update_or_create(pk=1, defaults={
            "seq": count, "hash": previous, "checked_at": timezone.now(),
            "verdict": f"{count} entries, unaltered."})


def _entries(places, people, count):
    key, now, chance = offline.key_id(settings.AUDIT_KEYS[0]), timezone.now(), random.Random(7)
    for seq in range(1, count + 1):
        place, who, action = chance.choice(places), chance.choice(people), chance.choice(ACTIONS)
        yield AuditEntry(
            seq=seq, at=now - OVER * (1 - seq / count), actor_id=who.pk, actor_name=who.username,
            address=f"10.0.{seq % 200}.{seq % 250}", action=action,
            outcome="refused" if seq % 50 == 0 else "done", project_slug=place.project.slug,
            environment_slug=place.slug, details={"deployment": seq // 10 + 1}, form=FORM,
            sentence=f"{who.username} asked to release {place.project.name} 1.{seq}.0 to "
                     f"{place.name}", request_id=f"{seq // 5:032x}", about_type="environment",
            about_id=str(place.pk), about_text=place.name, key_id=key)


def _column(name):
    return AuditEntry._meta.get_field(name.removesuffix("_id") if name == "actor_id"
                                      else name).column


def _stored(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return value.astimezone(UTC).replace(tzinfo=None) if hasattr(value, "astimezone") else value
