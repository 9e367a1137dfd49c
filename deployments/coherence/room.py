"""How much of OPcache a release will take, as a guess from what is in it. Pure."""

ROOM = 1.5
"""Free OPcache memory needed, as a multiple of what the release is expected to take."""
EACH_BYTES = 30 * 1024
"""Of a file where nothing is cached yet: 27 KB were measured for 4.7 KB of PHP."""
FEW = 50
"""With fewer files what OPcache takes for itself, 9 to 14 MB, would be all of the average:
after a reset it was 13.5 MB for the only file."""


def footprint_of(cache):
    """Return (bytes, files) of all that is in this cache; (EACH_BYTES, 1) where that is little."""
    files = cache.get("scripts") or 0
    return (cache["used"], files) if files > FEW else (EACH_BYTES, 1)
