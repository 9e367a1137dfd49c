"""Names for what is new."""

import pytest

from deployments.services.free_names import LONGEST_SLUG, first_free, slug_of


@pytest.mark.parametrize(("name", "slug"), [
    ("Größe – Süd", "groe-sud"), ("  My_Shop!  ", "my-shop"), ("---", ""), ("日本", ""),
    ("a" * 39 + " b", "a" * 39)])
def test_a_short_name_is_small_letters_digits_and_dashes(name, slug):
    """Never longer than it may be, and with a dash at neither end."""
    assert slug_of(name) == slug
    assert len(slug_of(name * 9)) <= LONGEST_SLUG


def test_the_first_free_name_is_the_wished_one_or_has_a_number():
    """From 2 on."""
    assert first_free("shop", {"blog"}, "-") == "shop"
    assert first_free("shop", {"shop", "shop-2"}, "-") == "shop-3"
