"""One installation per test: it starts in a tenth of a second."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.integration.php.site import PhpSite
from tests.sandbox.daemons import open_folder


@pytest.fixture
def make_site() -> Iterator[Callable[..., PhpSite]]:
    """make_site(ini=…, pools=…) starts an installation that ends with the test."""
    with ExitStack() as started:
        yield lambda **how: started.enter_context(PhpSite(open_folder("php-"), **how))


@pytest.fixture
def site(make_site) -> PhpSite:
    return make_site()
