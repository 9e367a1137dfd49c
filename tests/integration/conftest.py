"""The stage: the demo site on sandbox servers, as rows; one fresh database per test."""

import pytest

from tests.show import Show


@pytest.fixture
def show(transactional_db, site_repository):
    return Show(site_repository)
