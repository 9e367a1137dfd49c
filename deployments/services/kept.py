"""What earlier deployments measured on an installation: read from their evidence, newest first."""

from dataclasses import dataclass, field

from ..models import Target

LATEST = 20
"""Deployments looked at: what is older was measured on another site than today's."""


@dataclass(frozen=True)
class Kept:
    """Measured there before. Dicts are by FPM master.

    `longest_request_s` of all that were looked at; `outage_s` visitors met errors for so long while
    PHP-FPM restarted; `footprint` (bytes, files) that the last compiled release took in OPcache.
    """

    longest_request_s: float = 0
    outage_s: dict = field(default_factory=dict)
    footprint: dict = field(default_factory=dict)


def kept_of(installation_id):
    """Return the Kept of one installation (one query)."""
    rows = Target.objects.filter(installation_id=installation_id).exclude(evidence={})
    evidences = list(rows.order_by("-pk").values_list("evidence", flat=True)[:LATEST])
    outage_s, footprint = {}, {}
    for evidence in evidences:
        for master, row in _rows(evidence.get("cache")):
            if row.get("outage_s") is not None:
                outage_s.setdefault(master, row["outage_s"])
        for master, row in _rows(evidence.get("prepared")):
            if row.get("used_bytes") and row.get("warmed"):
                footprint.setdefault(master, (row["used_bytes"], row["warmed"]))
    return Kept(max((evidence.get("longest_request_s", 0) for evidence in evidences), default=0),
                outage_s, footprint)


def _rows(by_master):
    """Evidence of strategies that have no counters by master gives nothing."""
    found = by_master.items() if isinstance(by_master, dict) else ()
    return [(master, row) for master, row in found if isinstance(row, dict)]
