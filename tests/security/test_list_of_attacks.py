"""The list of attacks names tests that exist."""

from .attacks import ROOT, attacks, names_in


def test_every_attack_of_the_list_has_its_test():
    """A renamed test is found here, not by a reader."""
    listed = list(attacks())
    assert [f"{path}::{name}" for _, path, name in listed
            if name not in names_in(ROOT / path)] == []
    assert len({(path, name) for _, path, name in listed}) == len(listed) >= 30
