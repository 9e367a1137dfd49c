"""The matrix on Apache, mod_php and PHP-FPM behind it: load and product bear out each verdict."""

import pytest

from tests.integration.matrix.table import check
from tests.integration.matrix.test_nginx import NO_NONE
from tests.sandbox.traps import TRAPS

SILENT = {
    ("mod_php_entry", "realpath"): "does what front-controller does; but no version's folder is "
                                   "handed",
    ("mod_php_entry", "none"): NO_NONE,
    ("mod_php_entry", "web-config"): "reloads Apache, which is right here without it; nobody "
                                     "includes its file",
}


@pytest.mark.parametrize("name", [
    name for name, trap in TRAPS.items() if trap.options.get("server", "nginx") != "nginx"])
def test_load_or_the_product_itself_bears_out_the_verdict_on_each_strategy(site_repository, name):
    """As on nginx. With mod_php the children of Apache stand for PHP's workers."""
    check(name, site_repository, silent=SILENT)
