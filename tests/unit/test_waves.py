"""Waves in people's words."""

import pytest

from deployments.waves import wave_words


@pytest.mark.parametrize(("groups", "pause_s", "words"), [
    ([], 0, ""),
    ([["web-1", "web-2"]], 60, ""),
    ([["web-1"], ["web-2"]], 0, "First web-1 alone, then web-2"),
    ([["web-1"], ["web-2", "web-3"], ["web-4"]], 60,
     "First web-1 alone, then 2 at a time, 60 s in between"),
    ([["web-1", "web-2"], ["web-3"]], 5, "First web-1 and web-2, then web-3, 5 s in between"),
    ([["a", "b", "c"], ["d", "e", "f", "g", "h"]], 0, "First a, b and c, then 5 servers"),
])
def test_the_order_of_servers_reads_as_a_sentence(groups, pause_s, words):
    """Nothing is said where all go together."""
    assert wave_words(groups, pause_s) == words
