"""The servers of a project, each with what it runs and when somebody looked at it last."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from ..models import Installation, Target
from ..services import checkups, drift
from ..services.standings import places_of, standings
from ..states import Words


@dataclass(frozen=True)
class Row:
    """A server's part of an environment: `live`, the deployment proved on it last; when its PHP
    cache was really reset, None where it never was; newest looks of doctor and drift watch."""

    installation: object
    live: object
    reset_at: object
    doctor: object
    drift: object

    @property
    def words(self):
        """Whether it is as it was released."""
        if not self.installation.is_active:
            return Words(_("Left out"), "quiet")
        if self.drift is None:
            return Words(_("Not looked at yet"), "quiet")
        if self.drift.is_good is None:
            return Words(_("Could not be looked at"), "warn")
        return Words(_("As released"), "good") if self.drift.is_good else \
            Words(_("Not as released"), "warn")


def servers_of(project):
    """A `Row` for each server of each environment, in the order of home."""
    rows = Installation.objects.filter(environment__project=project).select_related(
        "server", "environment__project").annotate(reset_at=Subquery(_resets())).order_by(
        "environment__position", "environment__name", "server__name")
    environments = [row.environment for row in rows]
    live = {row.environment.pk: row.live for row in standings(places_of([project]))}
    seen, examined = drift.newest(environments), checkups.newest_answers(environments)
    return [Row(row, live.get(row.environment_id), row.reset_at, examined.get(row.pk),
                seen.get(row.pk)) for row in rows]


def _resets():
    """When the last deployment ended that really reset the PHP cache of an installation, for its
    row; without a master that was reset, what is kept of it is empty."""
    rows = Target.objects.filter(
        installation=OuterRef("pk"), status="proved", evidence__strategy="reset",
        evidence__has_key="cache", deployment__finished_at__isnull=False)
    rows = rows.exclude(evidence__cache={}).exclude(evidence__cache=None)
    return rows.order_by("-deployment__finished_at").values("deployment__finished_at")[:1]
