"""Waiting for workers: what no row remembers is asked for again."""

from types import SimpleNamespace

import pytest

from deployments import queue
from deployments.services import watching

pytestmark = pytest.mark.django_db


def test_a_reading_that_nobody_did_is_asked_for_again(shop, queued, monkeypatch):
    """Its worker may have been killed over it; the command that waits does not know."""
    now = [0.0]
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(watching, "pause", lambda seconds: now.append(now.pop() + seconds))
    assert not watching.wait_for_source(shop, limit_s=2.5 * watching.ASK_AGAIN_S)
    assert queued() == [(queue.READ_SOURCE, shop.pk)] * 3


def test_a_reading_is_asked_for_once_while_there_is_time(shop, queued):
    """Messages do not pile up behind a slow git host."""
    assert not watching.wait_for_source(shop, limit_s=0)
    assert queued() == [(queue.READ_SOURCE, shop.pk)]
