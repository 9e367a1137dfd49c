"""The matrix on nginx: for each trap and strategy, load and product bear out the verdict."""

import pytest

from tests.integration.matrix.table import check
from tests.sandbox.traps import TRAPS

NO_ENTRY = "does what realpath does, which is right here; but there is no entry"
NO_NONE = "does nothing, which is right here; but it is for sites without PHP"
NO_INCLUDE = "reloads nginx, which is right here without it; nobody includes its file"
SILENT = {
    ("realpath", "front-controller"): NO_ENTRY, ("realpath", "none"): NO_NONE,
    ("realpath", "web-config"): NO_INCLUDE,
    ("open_file_cache", "web-config"): "reloads nginx, which forgets its open files then; nobody "
                                       "includes the file that it writes",
    ("small_opcache", "front-controller"): NO_ENTRY, ("small_opcache", "none"): NO_NONE,
    ("small_opcache", "web-config"): NO_INCLUDE,
    ("entry", "realpath"): "does what front-controller does; but no version's folder is handed",
    ("entry", "none"): NO_NONE, ("entry", "web-config"): NO_INCLUDE,
}
"""Refused, although load shows nothing in a few switches: why all the same."""


@pytest.mark.parametrize("name", [
    name for name, trap in TRAPS.items() if trap.options.get("server", "nginx") == "nginx"])
def test_load_or_the_product_itself_bears_out_the_verdict_on_each_strategy(site_repository, name):
    """Safe: ten switches without one failed, old or mixed answer. Refused: load shows harm, or the
    product refuses by itself."""
    check(name, site_repository, silent=SILENT)
