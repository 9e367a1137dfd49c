"""Seeing whether the web server keeps files open (nginx's open_file_cache), by what it serves.

Its configuration is root's to read. So a file of ours, whose name nobody can guess, is put into
the live version's public folder, asked for, replaced and asked for again: a server that still
gives the first one keeps files open.
"""

import secrets
from contextlib import suppress

from ..errors import OutcomeUnknown, StepFailed
from ..remote.faults import RemoteFault

ASKED = 20
"""Times: each of the web server's processes has a cache of its own."""
DEADLINE_S = 10


def keeps_files(site, write):
    """Return whether a replaced file was served as it had been; None when that was not seen.

    `write(name, text)` puts the file there, and takes it away for "". It is gone afterwards.
    """
    name = f"releasemgr-check-{secrets.token_hex(12)}.txt"
    texts = [f"releasemgr {secrets.token_hex(8)}" for _ in range(2)]
    try:
        write(name, texts[0])
        if _answers(site, name) != {texts[0]}:
            return None
        write(name, texts[1])
        seen = _answers(site, name)
    except (RemoteFault, StepFailed, OutcomeUnknown):
        return None
    finally:
        with suppress(StepFailed, OutcomeUnknown):  # what is left goes with a later look
            write(name, "")
    if texts[0] in seen:
        return True
    return False if seen == {texts[1]} else None


def _answers(site, name):
    """The different texts that the web server gave; "" for anything but a file."""
    found = set()
    for _ in range(ASKED):
        answer = site.get(f"/{name}?{secrets.token_hex(4)}", deadline_s=DEADLINE_S)
        found.add(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")
        if "" in found:
            break
    return found
