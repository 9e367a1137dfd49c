"""Attacks on an audit log, from a seed: on the database, its triggers dropped, and on an export.

The attacker may write everything but has no key. Each is tried against a fresh anchor.
"""

import copy
import json
import random
from collections import Counter

from django.conf import settings
from django.db import transaction

from deployments import audit
from deployments.audit import offline
from deployments.audit.writing import COLUMNS, values_of
from deployments.models import AuditEntry, AuditHead

ENTRIES = 8
RENUMBERED = ("delete, close the gap", "swap", "insert")
WHOLE = ("delete", *RENUMBERED, "cut the tail", "cut the tail, mend the head",
         "recompute without the key")
KINDS = (*(f"edit {name}" for name in COLUMNS), *WHOLE)
MENDED = WHOLE[-2:]
GUESSED = "a key that somebody guessed, " + "g" * 20


def fresh_anchor():
    """The checkpoint of the newest entry, as it lies outside."""
    head = AuditHead.objects.get(pk=1)
    return offline.signed({"kind": "anchor", "seq": head.seq, "hash": head.hash, "reason": "test",
                           "at": "2000-01-01T00:00:00+00:00"}, settings.AUDIT_KEYS[0])


def on_database(tries, seed):
    """{kind: Counter(tried, broken, cannot tell)}; every attack is undone again."""
    rows = [values_of(row) for row in AuditEntry.objects.order_by("seq")]
    anchor, rng = fresh_anchor(), random.Random(seed)
    found = {kind: Counter() for kind in KINDS}
    for number in range(tries):
        kind = KINDS[number % len(KINDS)]
        wrong = attacked(kind, copy.deepcopy(rows), rng)
        with transaction.atomic():
            _replace(wrong, is_mended=kind in MENDED)
            _count(found[kind], audit.verify([anchor]).exit_code)
            transaction.set_rollback(True)
    return found


def on_export(tries, seed):
    """The same with the lines of an export, whose first line the attacker mends as well as can be:
    with an older genuine one, or by a guessed key."""
    lines = list(audit.export_lines())
    head, rows = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
    anchor, keys = fresh_anchor(), offline.ring(settings.AUDIT_KEYS)
    rng, found = random.Random(seed), {kind: Counter() for kind in KINDS}
    for number in range(tries):
        kind = KINDS[number % len(KINDS)]
        wrong = attacked(kind, copy.deepcopy(rows), rng)
        first = _mended(head, wrong, rng) if kind in MENDED else head
        _count(found[kind], _read([first, *wrong], keys, anchor))
    return found


def attacked(kind, rows, rng):
    """The rows after one attack of this kind."""
    at = rng.randrange(len(rows))
    if kind.startswith("delete"):
        del rows[at]
    elif kind == "swap":
        other = rng.choice([number for number in range(len(rows)) if number != at])
        rows[at], rows[other] = rows[other], rows[at]
    elif kind == "insert":
        rows.insert(at, {**rows[at], "sentence": f"Never happened {rng.random()}"})
    elif kind.startswith("cut"):
        del rows[rng.randrange(1, len(rows)):]
    elif kind.startswith("recompute"):
        _recompute(rows, at, rng)
    else:
        name = kind.removeprefix("edit ")
        rows[at][name] = _another(name, rows[at][name], rng)
    if kind in RENUMBERED:
        rows = [{**row, "seq": place} for place, row in enumerate(rows, start=1)]
    return rows


def _another(name, value, rng):
    if name == "at":
        return f"{value[:11]}{rng.randrange(24):02}:00:00.5{rng.randrange(10**5):05}+00:00"
    if isinstance(value, bool):
        return not value
    if name == "form":
        return 1
    if isinstance(value, int) or value is None:
        return (value or 0) + rng.randrange(100, 900)
    if isinstance(value, dict):
        return {**value, f"more {rng.randrange(1000)}": rng.randrange(1000)}
    if name == "outcome":
        return rng.choice([word for word in ("done", "refused", "failed") if word != value])
    if name in ("hash", "previous_hash"):
        return f"{rng.getrandbits(256):064x}"
    return f"{value[:8]}{rng.randrange(10**6)}"


def _recompute(rows, at, rng):
    rows[at]["sentence"] = f"Something else {rng.random()}"
    previous = rows[at - 1]["hash"] if at else ""
    for row in rows[at:]:
        row["previous_hash"] = previous
        row["hash"] = previous = offline.row_hash(row, GUESSED)


def _replace(rows, *, is_mended):
    """Put these rows into the database, as whoever owns it could."""
    AuditEntry.objects.all().delete()
    AuditEntry.objects.bulk_create(AuditEntry(**row) for row in rows)
    if is_mended:
        AuditHead.objects.update(seq=rows[-1]["seq"], hash=rows[-1]["hash"])


def _mended(head, rows, rng):
    last = {"seq": rows[-1]["seq"], "hash": rows[-1]["hash"], "entries": len(rows)}
    if rng.random() < 0.5:
        return {**head, **last, "signature": offline.signature({**head, **last}, GUESSED)}
    older = {**head, **last, "at": "1999-12-31T00:00:00+00:00"}  # from an older export, genuine
    return offline.signed(older, settings.AUDIT_KEYS[0])


def _read(lines, keys, anchor):
    try:
        return offline.verify_export(map(json.dumps, lines), keys, [anchor])[0]
    except offline.Forged:
        return offline.BROKEN
    except offline.CannotTell:
        return offline.CANNOT_TELL


def _count(counter, code):
    counter["tried"] += 1
    counter[("unnoticed", "broken", "cannot tell")[code]] += 1
