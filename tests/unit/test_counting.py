"""One person counts once, for one rule: as many places are filled as can be."""

import itertools
import random
from types import SimpleNamespace

from deployments.policy.counting import is_full, share_out


def rules_and_people(*rules):
    """(rules, {rule's key: members' keys}) of (people needed, "names") pairs."""
    made = [SimpleNamespace(pk=number, people_needed=needed)
            for number, (needed, _) in enumerate(rules)]
    return made, {rule.pk: set(names) for rule, (_, names) in zip(made, rules, strict=True)}


def people(names):
    return [SimpleNamespace(pk=name) for name in names]


def seats(shares):
    return ["".join(sorted(person.pk for person in share.people)) for share in shares]


def test_a_person_counts_for_one_rule_only():
    """Ben is named by both: one yes of his is one person."""
    rules, members = rules_and_people((1, "B"), (1, "B"))
    shares = share_out(rules, members, people("B"))
    assert seats(shares) == ["B", ""]
    assert not is_full(shares)


def test_whoever_fits_elsewhere_makes_room():
    """Ben said yes first and sat in the first rule; Mia fits there alone, so Ben moves on."""
    rules, members = rules_and_people((1, "BM"), (1, "BC"))
    assert seats(share_out(rules, members, people("BM"))) == ["M", "B"]


def test_making_room_goes_over_several_rules():
    """A chain: each moves on to make room for the next."""
    rules, members = rules_and_people((1, "AB"), (1, "BC"), (1, "CD"))
    assert is_full(share_out(rules, members, people("BCA")))


def test_nobody_loses_a_place_to_one_who_came_later():
    """The first to agree is counted, in whichever rule."""
    rules, members = rules_and_people((1, "ABC"))
    assert seats(share_out(rules, members, people("CAB"))) == ["C"]


def test_no_rules_are_full():
    """Nobody has to agree where nothing is asked for."""
    assert is_full(share_out([], {}, people("A")))


def test_no_way_of_sitting_fills_more_places():
    """Against every way there is, in four hundred small houses."""
    dice = random.Random(5)
    for _ in range(400):
        names = "ABCDE"[:dice.randint(1, 5)]
        rules, members = rules_and_people(*(
            (dice.randint(1, 3), "".join(dice.sample(names, dice.randint(0, len(names)))))
            for _ in range(dice.randint(1, 3))))
        shares = share_out(rules, members, people(names))
        sitting = [person.pk for share in shares for person in share.people]
        assert len(sitting) == len(set(sitting)) == _most(rules, members, names)
        for share in shares:
            assert {person.pk for person in share.people} <= members[share.rule.pk]
            assert share.missing >= 0


def _most(rules, members, names):
    """The most people that can sit, by trying every assignment."""
    best = 0
    for choice in itertools.product([None, *rules], repeat=len(names)):
        chosen = [(rule, name) for rule, name in zip(choice, names, strict=True) if rule]
        fits = all(name in members[rule.pk] for rule, name in chosen)
        if fits and all(choice.count(rule) <= rule.people_needed for rule in rules):
            best = max(best, len(chosen))
    return best
