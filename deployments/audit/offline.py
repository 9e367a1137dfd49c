"""Verifies an exported audit log without the release manager: Python's standard library alone.

    AUDIT_KEYS=… python3 offline.py EXPORT.jsonl [--anchor FILE] [--key-file FILE]

Exit code 0: unbroken, 1: broken (the first bad entry is named), 2: cannot tell. Copy this one file
to a machine of the auditor's; the release manager itself verifies its database with the same code.

An export is one JSON object per line: a signed checkpoint of the newest entry, then the entries.
Entries: HMAC-SHA256(key, previous hash || canonical JSON of all but the hash). Checkpoints, and
anchors, which are the same: HMAC-SHA256(key, "checkpoint:" || canonical JSON of all but the
signature). Canonical: names sorted, no spaces, ASCII, no fractions.

The limit: entries after the newest anchor can be cut off unnoticed by whoever holds the database.
"""

import argparse
import hashlib
import hmac
import json
import os
import sys

UNBROKEN, BROKEN, CANNOT_TELL = range(3)
LIMIT = "Entries after the newest anchor are not protected against being cut off."


def canonical(values, *, but):
    """The bytes that are signed: `values` without the one that is computed from them."""
    signed = {name: value for name, value in values.items() if name != but}
    return json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()


def key_id(key):
    """Sixteen characters that name a key and do not tell it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def ring(keys):
    """{key's id: key} of a list of keys."""
    return {key_id(key): key for key in keys}


def row_hash(values, key):
    """The hash of one entry, as hexadecimal digits."""
    message = values["previous_hash"].encode() + canonical(values, but="hash")
    return hmac.digest(key.encode(), message, "sha256").hex()


def signature(values, key):
    """The signature of a checkpoint, as hexadecimal digits."""
    return hmac.digest(key.encode(), b"checkpoint:" + canonical(values, but="signature"),
                       "sha256").hex()


def is_same(one, other):
    """Whether two digests are equal, in the same time whatever they are."""
    return isinstance(one, str) and hmac.compare_digest(
        one.encode(errors="replace"), other.encode())


class CannotTell(Exception):
    """Nothing can be said about the log; the message says what is missing."""


class Forged(Exception):
    """A checkpoint that was not signed with the key it names."""


def why(problem):
    """What kept a file from being read, in a few words, without a full stop."""
    if isinstance(problem, UnicodeDecodeError):
        return "it is no text"
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename or 'it'}: {problem.strerror}"
    return str(problem).rstrip(".")


NO_CHECKPOINT = "It holds a line that is no checkpoint."
NO_EXPORT = "This is no export of JSON lines. Use “Export JSON lines” without filters."


def checkpoint(text, keys, otherwise=NO_CHECKPOINT):
    """Return the checkpoint in one line of text; Forged, or CannotTell where it is none of ours."""
    try:
        values = json.loads(text)
        key = keys.get(values["key_id"])
        told = values["signature"]
        if not isinstance(values["seq"], int) or not isinstance(values["hash"], str):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CannotTell(otherwise) from None
    if key is None:
        raise CannotTell(f"It was signed with the key {str(values['key_id'])[:16]}, "
                         "which is not in AUDIT_KEYS.")
    if not is_same(told, signature(values, key)):
        raise Forged("It holds a line that was changed after it was signed.")
    return values


def signed(values, key):
    """Return the checkpoint with its key's id and signature."""
    values = {**values, "key_id": key_id(key)}
    return {**values, "signature": signature(values, key)}


def read_anchors(lines, keys):
    """Return the checkpoints of an anchor file, oldest first. Forged and CannotTell as above.

    A line that a full disk cut short is passed over: it never was an anchor.
    """
    anchors = [checkpoint(line, keys) for line in lines if line.rstrip().endswith("}")]
    if not anchors:
        raise CannotTell("It holds no anchor.")
    return anchors


class Chain:
    """Reads entries in order; remembers the first that is bad and the first without its key."""

    def __init__(self, keys, *, anchors=(), first=1, previous=""):
        self.keys = keys
        self.first = first
        self.last = first - 1
        self.previous = previous
        self.bad = None  # (seq, sentence)
        self.unread = None  # seq of one whose key is not among ours
        self.anchors = {}
        for anchor in anchors:
            self.anchors.setdefault(anchor["seq"], anchor["hash"])
            if self.anchors[anchor["seq"]] != anchor["hash"]:
                self._found(anchor["seq"], f"Entry {anchor['seq']} was anchored in two versions.")

    def take(self, values):
        """Read the next entry; return whether reading on makes sense."""
        number = self.last + 1
        try:
            problem = self._problem(values, number)
        except (TypeError, AttributeError, ValueError, RecursionError):  # no value of ours is so
            problem = f"Entry {number} was changed after it was written."
        if problem:
            self._found(number, problem)
            return False
        self.last, self.previous = number, values["hash"]
        return True

    def _problem(self, values, number):
        if values.get("seq") != number or isinstance(values["seq"], bool):
            return f"Entry {number} is missing."
        changed = f"Entry {number} was changed after it was written."
        if values.get("previous_hash") != self.previous:
            return changed
        anchored = self.anchors.get(number)
        if anchored is not None and anchored != values.get("hash"):
            return f"Entry {number} is not the one that was anchored."
        key = self.keys.get(values.get("key_id"))
        if key is None:
            self.unread = self.unread or number
            return changed if self._is_renamed(values) else ""
        return "" if is_same(values.get("hash"), row_hash(values, key)) else changed

    def _is_renamed(self, values):
        """Whether an entry of a key of ours was given the name of another one."""
        return not isinstance(values.get("hash"), str) or any(
            is_same(values["hash"], row_hash({**values, "key_id": name}, key))
            for name, key in self.keys.items())

    def end(self):
        """After the last entry: whether the newest anchor names one that is not there."""
        newest = max(self.anchors, default=0)
        if not self.bad and newest > self.last:
            self._found(self.last + 1, f"Entries after {self.last} are missing: "
                                       f"entry {newest} was anchored.")

    def _found(self, seq, sentence):
        if self.bad is None or seq < self.bad[0]:
            self.bad = seq, sentence

    @property
    def missing_key(self):
        return f"Entry {self.unread} needs a key that is not in AUDIT_KEYS."


def verify_export(lines, keys, anchors=()):
    """Return (exit code, sentence) for the lines of an export or a sealed segment.

    CannotTell and Forged are for what is wrong with its first line.
    """
    lines = iter(lines)
    head = checkpoint(next(lines, ""), keys, NO_EXPORT)
    if not head.get("is_whole"):
        return _verify_part(lines, head, keys)
    first = head.get("first_seq", 1)
    known = [each for each in anchors if first <= each["seq"] <= head["seq"]]
    chain = Chain(keys, first=first, previous=head.get("first_previous_hash", ""),
                  anchors=[head, *known])
    for line in lines:
        if not chain.take(_entry(line)):
            break
    chain.end()
    return _verdict(chain, head, anchors)


def _entry(line):
    """The entry in a line; {} for what is none, which fits nowhere."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _verdict(chain, head, anchors):
    if not chain.bad and chain.last > head["seq"]:
        chain.bad = head["seq"] + 1, "The export was signed without it."
    newer = [each for each in anchors if each["seq"] > head["seq"]]
    if head["kind"] == "export" and not chain.bad and any(
            each["at"] <= head["at"] for each in newer):
        chain.bad = head["seq"] + 1, "It was anchored before this export, which lacks it."
    if chain.bad:
        return BROKEN, f"BROKEN at entry {chain.bad[0]}: {chain.bad[1]}"
    if chain.unread:
        return CANNOT_TELL, f"CANNOT TELL: {chain.missing_key}"
    if newer and head["kind"] == "export":
        return CANNOT_TELL, (
            f"CANNOT TELL: entries {chain.first} to {chain.last} are unaltered, but newer ones "
            "were anchored since. Export again.")
    anchored = "" if anchors else " No anchor was given, so they were compared with none."
    return UNBROKEN, f"UNBROKEN: entries {chain.first} to {chain.last}.{anchored} {LIMIT}"


def _verify_part(lines, head, keys):
    """Of a part of the log: each entry, and that as many are there as were signed for."""
    count = 0
    for line in lines:
        values = _entry(line)
        chain = Chain(keys, first=values.get("seq"), previous=values.get("previous_hash")) \
            if isinstance(values.get("seq"), int) else Chain(keys)
        chain.take(values)
        if chain.bad:
            return BROKEN, f"BROKEN at entry {chain.bad[0]}: {chain.bad[1]}"
        if chain.unread:
            return CANNOT_TELL, f"CANNOT TELL: {chain.missing_key}"
        count += 1
    if count != head["entries"]:
        return BROKEN, f"BROKEN: {head['entries']} entries were exported, {count} are here."
    return CANNOT_TELL, (f"CANNOT TELL: each of the {count} entries is genuine, but this is a "
                         "part of the log. Export it without filters.")


def main(words=None):
    """Verify what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export", help="the JSON-lines export, or a sealed segment")
    parser.add_argument("--anchor", help="the file of anchors, kept away from the database")
    parser.add_argument("--key-file", help="file with AUDIT_KEYS; else the variable AUDIT_KEYS")
    names = parser.parse_args(words)
    try:
        code, sentence = _verify_files(names)
    except CannotTell as problem:
        code, sentence = CANNOT_TELL, f"CANNOT TELL: {problem}"
    except Forged as problem:
        code, sentence = BROKEN, f"BROKEN: {problem}"
    except (OSError, UnicodeDecodeError) as problem:
        code, sentence = CANNOT_TELL, f"CANNOT TELL: {why(problem)}."
    print(sentence)
    return code


def _verify_files(names):
    text = os.environ.get("AUDIT_KEYS", "")
    if names.key_file:
        with open(names.key_file, encoding="utf-8") as file:
            text = file.read()
    keys = ring([key.strip() for key in text.replace("\n", ",").split(",") if key.strip()])
    if not keys:
        raise CannotTell("Give the keys in the variable AUDIT_KEYS, or with --key-file.")
    anchors = []
    if names.anchor:
        with open(names.anchor, encoding="utf-8") as file:
            anchors = read_anchors(file, keys)
    with open(names.export, encoding="utf-8") as file:
        return verify_export(file, keys, anchors)


if __name__ == "__main__":
    sys.exit(main())
