"""How long things took, week by week, counted by the database into few groups of like length."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Count, F, IntegerField, Max, When
from django.db.models.expressions import Func

MINUTE, HOUR, DAY = 60, 3600, 86_400
GRAINS = ((10 * MINUTE, 1), (DAY, MINUTE), (30 * DAY, HOUR))
"""Below so many seconds, lengths are told apart by so many; what is longer, by days."""


class Seconds(Func):
    """Whole seconds from the second moment to the first."""

    output_field = IntegerField()
    arity = 2

    def as_sqlite(self, compiler, connection):
        return super().as_sql(
            compiler, connection, arg_joiner=") - julianday(",
            template="CAST((julianday(%(expressions)s)) * 86400.0 + 0.0005 AS integer)")

    def as_postgresql(self, compiler, connection):
        return super().as_sql(
            compiler, connection, arg_joiner=" - ",
            template="FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) + 0.0005)::bigint")


@dataclass(frozen=True)
class Span:
    """How long `count` of them took: the middle one and the worst, `worst` being its row."""

    count: int
    median_s: float
    worst_s: int
    worst: int

    @property
    def median(self):
        return timedelta(seconds=self.median_s)


def groups_of(rows, start, end):
    """[(week, seconds, how many, the newest of them)] of rows with a `week` (one query).

    What ended before it began, by clocks that were set back, is left out.
    """
    took = F("took")
    alike = Case(*[When(took__lt=most, then=took / grain * grain) for most, grain in GRAINS],
                 default=took / DAY * DAY, output_field=IntegerField())
    rows = rows.annotate(took=Seconds(end, start)).filter(took__gte=0).annotate(alike=alike)
    return list(rows.values_list("week", "alike").annotate(Count("pk"), Max("pk")).order_by())


def span_of(groups):
    """The Span of these groups, whatever their weeks; None where there are none."""
    ordered = sorted((seconds, count, newest) for _, seconds, count, newest in groups)
    if not ordered:
        return None
    total = sum(count for _, count, _ in ordered)
    middle = [_at(ordered, (total + 1) // 2), _at(ordered, (total + 2) // 2)]
    return Span(total, sum(middle) / 2, ordered[-1][0], ordered[-1][2])


def _at(ordered, rank):
    """The length of the `rank`th of them, the shortest being the first."""
    for seconds, count, _ in ordered:
        rank -= count
        if rank <= 0:
            return seconds
    raise AssertionError("There are fewer.")
