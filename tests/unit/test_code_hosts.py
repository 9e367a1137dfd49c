"""Addresses of changes and tickets, found from where a repository is."""

import pytest

from deployments.code_hosts import commit_address, pieces_of, ticket_address

SHOP = "https://github.com/team/shop"


@pytest.mark.parametrize(("url", "commit"), [
    ("https://github.com/team/shop.git", f"{SHOP}/commit/{{sha}}"),
    ("git@github.com:team/shop.git", f"{SHOP}/commit/{{sha}}"),
    ("ssh://git@gitlab.shop.example:2222/a/b/shop.git",
     "https://gitlab.shop.example/a/b/shop/-/commit/{sha}"),
    ("https://bitbucket.org/team/shop", "https://bitbucket.org/team/shop/commits/{sha}"),
    ("https://bitbucket.shop.example/scm/x/shop.git", ""),
    ("https://git.shop.example/team/shop.git", ""),
    ("https://evil.example/github.com/team/shop", ""),
    ("/srv/git/shop", ""),
])
def test_well_known_hosts_are_known_by_their_names(url, commit):
    """Of all others nobody guesses."""
    assert commit_address(url) == commit


def test_tickets_in_the_words_of_a_change_lead_to_their_pages():
    """Keys and numbers; a number within a word is none."""
    address = "https://tickets.example/browse/{ticket}"
    assert pieces_of("SHOP-12: fix #7, not a#8 or UTF-8x", address) == [
        ("SHOP-12", "https://tickets.example/browse/SHOP-12"), (": fix ", ""),
        ("#7", "https://tickets.example/browse/7"), (", not a#8 or UTF-8x", "")]
    assert pieces_of("Fix SHOP-12 (#7)", ticket_address(f"{SHOP}.git")) == [
        ("Fix SHOP-12 (", ""), ("#7", f"{SHOP}/issues/7"), (")", "")]
    assert pieces_of("Fix #7", "") == [("Fix #7", "")]
    assert pieces_of("", address) == []
