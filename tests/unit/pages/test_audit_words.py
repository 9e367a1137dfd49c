"""Each action of the audit log has a name that people choose it by."""

import re
from pathlib import Path

import deployments
from deployments.models import AuditEntry
from deployments.pages.audit_words import RESULTS, WHATS

_RECORDED = re.compile(
    r"""(?:record|described|acting|_record|record_refusal)\(\s*(?:actor,\s*)?f?"([a-z_]+\.[a-z_]*)""")

_COMPUTED = re.compile(r"""(?:record|acting|_record)\(\s*(?:actor,\s*)?f"(\{[^"]*)""")


def recorded():
    """Every action that is written out in our sources, as far as its noun and verb are."""
    here = Path(deployments.__file__).parent
    return {found for path in here.rglob("*.py") for found in _RECORDED.findall(path.read_text())}


def test_every_action_is_found_by_one_of_the_words():
    """Whoever records something new says what people call it."""
    actions = recorded()
    assert len(actions) > 50
    assert [action for action in sorted(actions)
            if not any(what.has(action) for what in WHATS.values())] == []


def test_no_noun_of_an_action_is_computed():
    """It could not be seen here whether words find it. Exports all end alike, a gate is one of
    three sorts, and the noun of what a form saves is its model's name."""
    here = Path(deployments.__file__).parent
    assert {found for path in here.rglob("*.py")
            for found in _COMPUTED.findall(path.read_text())} == {
        "{noun}.exported", "{gate.sort}.overridden", "{noun}.{verb}"}


def test_what_the_words_say_is_what_the_database_finds(db):
    """`has` and `filter` agree on each action."""
    for seq, action in enumerate(sorted(recorded() | {"auditentry.exported"}), 1):
        AuditEntry.objects.create(seq=seq, at="2026-01-01T00:00Z", action=action, hash=str(seq))
    for what in WHATS.values():
        found = set(AuditEntry.objects.filter(what.filter).values_list("action", flat=True))
        assert found == {row.action for row in AuditEntry.objects.all() if what.has(row.action)}


def test_every_outcome_has_a_word():
    """None is shown as it is stored."""
    assert set(RESULTS) == set(dict(AuditEntry._meta.get_field("outcome").choices))
