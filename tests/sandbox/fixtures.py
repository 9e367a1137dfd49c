"""Fixtures for tests that need a server or the site; they live as long as the test session.

Their releases and logs stay between tests: a test that must find a server untouched starts a
WebHost of its own, in less than a second.
"""

from collections.abc import Iterator

import pytest

from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.site import SiteRepository
from tests.sandbox.webhost import WebHost


@pytest.fixture(scope="session")
def realpath_host() -> Iterator[WebHost]:
    """A server whose nginx resolves `current` for each request."""
    with WebHost("web-1", kind="realpath", https=True) as host:
        yield host


@pytest.fixture(scope="session")
def stale_host() -> Iterator[WebHost]:
    """A server that goes on serving the old release after a bare switch."""
    with WebHost("web-2", kind="stale", https=True) as host:
        yield host


@pytest.fixture(scope="session")
def site_repository() -> Iterator[SiteRepository]:
    """The demo site in git, with v1.0 and v2.0; variants are added by those who need them."""
    folder = open_folder("releasemgr-site-")
    yield SiteRepository(folder).create()
    remove_folder(folder)
