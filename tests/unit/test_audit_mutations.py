"""A thousand attacks on the log: given a fresh anchor, none goes unnoticed."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.utils import timezone

from deployments import audit
from deployments.audit import anchoring, offline
from deployments.models import AuditEntry
from tests.bench import audit_mutations as mutations
from tests.factories import actor_for

SEED = 5


@pytest.fixture
def entries(production, releaser):
    for number in range(mutations.ENTRIES):
        audit.record("project.changed", f"Entry {number}", actor=actor_for(releaser),
                     environment=production, before={"name": "old"}, after={"name": number},
                     number=number)


@pytest.mark.parametrize("attack", [mutations.on_database, mutations.on_export])
def test_of_a_thousand_attacks_none_goes_unnoticed(entries, attack):
    """510 on each: every column, rows removed, swapped, put in, cut off, computed anew."""
    tries = 510
    found = attack(tries, SEED)
    assert sum(each["tried"] for each in found.values()) == tries
    assert {kind: each for kind, each in found.items() if each["unnoticed"]} == {}


def test_an_untouched_log_is_called_unbroken(entries):
    """The same machinery with no attack: the alarm is not always on."""
    assert audit.verify([mutations.fresh_anchor()]).exit_code == 0
    keys = offline.ring(configured.AUDIT_KEYS)
    code, said = offline.verify_export(audit.export_lines(), keys, [mutations.fresh_anchor()])
    assert (code, said) == (0, f"UNBROKEN: entries 1 to 8. {offline.LIMIT}")


def verified_elsewhere(folder, *words, **variables):
    """(exit code, output) of the one file, copied away, with an interpreter of its own."""
    copy = folder / "verifier.py"
    copy.write_text(Path(offline.__file__).read_text())
    environment = {"PATH": os.environ["PATH"], **variables}
    ended = subprocess.run([sys.executable, "-I", str(copy), *map(str, words)], check=False,
                           cwd=folder, env=environment, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def test_one_file_of_the_standard_library_verifies_an_export(entries, tmp_path, settings):
    """Unbroken with the key, cannot tell without, broken where a word was changed."""
    settings.AUDIT_ANCHOR_FILE = tmp_path / "anchors"
    anchoring.anchor("test")
    export, keys = tmp_path / "log.jsonl", ",".join(settings.AUDIT_KEYS)
    export.write_text("".join(audit.export_lines()))
    words = (export, "--anchor", tmp_path / "anchors")
    assert verified_elsewhere(tmp_path, *words, AUDIT_KEYS=keys) == (
        0, f"UNBROKEN: entries 1 to 8. {offline.LIMIT}\n")
    code, said = verified_elsewhere(tmp_path, *words)
    assert (code, said[:12]) == (2, "CANNOT TELL:")
    (tmp_path / "keys").write_text(keys)
    export.write_text(export.read_text().replace("Entry 3", "Entry 9"))
    assert verified_elsewhere(tmp_path, *words, "--key-file", tmp_path / "keys") == (
        1, "BROKEN at entry 4: Entry 4 was changed after it was written.\n")


@pytest.mark.parametrize(("content", "words"), [
    (b"seq,at,who\n1,2026,ada\n", "This is no export of JSON lines. Use"), (b"", "no export"),
    (b"\xff\xfe\x00", "it is no text."), (None, "log.jsonl: No such file or directory."),
])
def test_what_is_no_export_is_named_in_words(tmp_path, settings, content, words):
    """The CSV, nothing, a picture, a slip in the name: cannot tell, and no code of Python's."""
    if content is not None:
        (tmp_path / "log.jsonl").write_bytes(content)
    code, said = verified_elsewhere(
        tmp_path, tmp_path / "log.jsonl", AUDIT_KEYS=",".join(settings.AUDIT_KEYS))
    assert code == 2
    assert words in said
    assert "Errno" not in said


def test_an_export_older_than_the_anchor_is_no_proof(entries, settings):
    """Whoever hands out an old file could hide what came since."""
    lines = list(audit.export_lines())
    audit.record("test.happened", "Since")
    anchor = {**mutations.fresh_anchor(), "at": timezone.now().isoformat()}
    anchor = offline.signed({**anchor, "signature": ""}, settings.AUDIT_KEYS[0])
    code, said = offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS), [anchor])
    assert code == 2
    assert "newer ones were anchored since. Export again." in said


def test_a_part_of_the_log_shows_what_was_changed_or_taken_out_of_it(entries, settings):
    """A filtered export is genuine entry by entry; it is never called unbroken."""
    lines = list(audit.export_lines(AuditEntry.objects.filter(seq__in=[2, 5, 7])))
    keys = offline.ring(settings.AUDIT_KEYS)
    assert offline.verify_export(lines, keys)[0] == 2
    assert offline.verify_export(lines[:-1], keys) == (
        1, "BROKEN: 3 entries were exported, 2 are here.")
    changed = [line.replace("Entry 4", "Entry 9") for line in lines]
    assert offline.verify_export(changed, keys)[0] == 1


def test_a_sealed_segment_is_verified_like_an_export_and_the_log_stays_whole(entries, tmp_path):
    """The next one begins where it ends; no entry leaves the chain."""
    first = audit.seal(timezone.now(), tmp_path)
    assert first.details["last_seq"] == 8
    assert audit.seal(first.at, tmp_path) is None
    audit.record("test.happened", "Later")
    second = audit.seal(timezone.now() + timedelta(seconds=1), tmp_path)
    assert (second.details["first_seq"], second.details["last_seq"]) == (9, 10)
    keys = offline.ring(configured.AUDIT_KEYS)
    for entry, words in ((first, "entries 1 to 8"), (second, "entries 9 to 10")):
        path = Path(entry.details["file"])
        code, said = offline.verify_export(path.read_text().splitlines(), keys)
        assert (code, words in said) == (0, True), said
        assert path.stat().st_mode & 0o777 == 0o400
        lines = path.read_text().splitlines()
        assert offline.verify_export(lines[:-1], keys)[0] == 1
        assert json.loads(lines[0])["kind"] == "segment"
    assert audit.verify().entries == 11
