"""The database in memory of the simulation, migrated once, empty again for each test."""

import logging

import pytest

from .database import in_memory
from .scenes import Scenes


@pytest.fixture(scope="module")
def memory(django_db_blocker):
    """A migrated database in memory, the default one as long as this module's tests run."""
    with django_db_blocker.unblock(), in_memory() as memory:
        yield memory


@pytest.fixture(scope="module")
def scenes(memory):
    """A function that returns the Scene of a name, made once."""
    return Scenes(memory).of


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of workers are lost here, and each would be told of."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
