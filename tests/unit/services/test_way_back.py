"""The way back of many environments is found among their newest deployments, or read whole."""

import random

import pytest

from deployments.services import way_back
from tests import factories


def test_what_is_known_of_the_newest_ones_is_what_all_of_them_say():
    """Whatever was released, reloaded and gone back to: where a part gives an answer, it is that
    of the whole; most parts give one."""
    chance, told = random.Random(5), 0
    for _ in range(3000):
        steps = [(chance.choice(("deploy", "deploy", "rollback", "reload")), chance.randint(1, 4))
                 for _ in range(chance.randint(1, 12))]
        stored = set(chance.sample(range(1, 5), 3))
        cut = chance.randint(0, len(steps) - 1)
        found = way_back._stored_before(way_back._pile(steps[cut:], [way_back.UNREAD]), stored)
        if found:
            told += 1
            assert found == way_back._stored_before(way_back._pile(steps), stored)
    assert told > 1000


@pytest.mark.parametrize("recent", [1, 2, 3, 20])
def test_many_have_the_way_back_that_each_of_them_has(shop, monkeypatch, recent):
    """However few of the newest are read at first."""
    monkeypatch.setattr(way_back, "RECENT", recent)
    one, two, three = (factories.make_release(shop) for _ in range(3))
    places = []
    for slug, steps in {"straight": (one, two, three), "twice": (one, two, two, two),
                        "back": (one, two, three, "back"), "first": (one,), "none": ()}.items():
        place = factories.make_environment(shop, slug=slug)
        for number, release in enumerate(steps):
            kind = "rollback" if release == "back" else "deploy"
            factories.make_deployment(place, release=two if release == "back" else release,
                                      kind=kind, fence=number)
        places.append(place)
    single = {place.pk: way_back.release_before(place) for place in places}
    assert way_back.releases_before(places) == {
        key: release.pk for key, release in single.items() if release}
    assert [single[place.pk] for place in places] == [two, one, one, None, None]
