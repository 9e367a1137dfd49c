"""Waiting for workers: what no row remembers is asked for again."""

import pytest

from deployments import queue
from deployments.services import watching

pytestmark = pytest.mark.django_db


def test_a_reading_that_nobody_did_is_asked_for_again(shop, queued, monkeypatch):
    """Its worker may have been killed over it; the command that waits does not know."""
    monkeypatch.setattr(watching, "ASK_AGAIN_S", 0.2)
    monkeypatch.setattr(watching, "POLL_S", 0.05)
    assert not watching.wait_for_source(shop, limit_s=0.5)
    assert queued() == [(queue.READ_SOURCE, shop.pk)] * 3


def test_a_reading_is_asked_for_once_while_there_is_time(shop, queued):
    """Messages do not pile up behind a slow git host."""
    assert not watching.wait_for_source(shop, limit_s=0)
    assert queued() == [(queue.READ_SOURCE, shop.pk)]
