"""What a look for drift costs: `python -m tests.bench.drift [FILES [BYTES]]` prints seconds.

A release of so many files, 10,000 of 4 KB by default, on this machine's disk: drift.sh as it is
sent to servers, with all files read, with none changed since, with one, and all again with an empty
page cache where we may empty it. `cpu` is what the script and all that it started have computed.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.unit.scripts.server import RELEASE, Server

FOLDERS = 100


def main(files=10_000, size=4096):
    with tempfile.TemporaryDirectory(prefix="relmgr-drift-") as folder:
        server = Server(Path(folder))
        content = b"<?php // " + b"x" * (size - 10) + b"\n"
        release = server.placed({
            f"src/{number % FOLDERS}/{number}.php": content + str(number).encode()
            for number in range(files)})
        server.switch(f"releases/{RELEASE}")
        time.sleep(1.1)
        first = _time(f"{files:,} files of {size} bytes, all read", server)
        since = first["epoch"], first["folder"]
        _time("none changed since, names and rights only", server, *since)
        (release / "src/7/7.php").write_bytes(b"<?php changed();")
        _time("one changed since", server, *since)
        if _is_cache_empty():
            _time("all read, from the disk", server)


def _time(what, server, since="", known=""):
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = server.run("drift.sh", server.root, RELEASE, "", since, known, 2**33)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what}: {took:.2f} s, cpu {cpu:.2f} s, answer {len(answer.stdout):,} bytes, "
          f"whole={answer['whole']}")
    return answer


def _is_cache_empty():
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
