"""Who counts for which rule. One person counts once, for one rule only: it is a matching."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """One rule, the people who count for it, and how many are still missing."""

    rule: object
    people: tuple

    @property
    def missing(self):
        return self.rule.people_needed - len(self.people)


def share_out(rules, members, people):
    """Return a `Share` per rule, in their order, with as many places filled as can be.

    `members` are {rule's key: keys of the people it names}; `people` come in the order in which
    they agreed, and whoever has a place keeps one, although perhaps under another rule.

    Kuhn's augmenting paths: a person who finds every place taken moves somebody else on, if that
    one has another rule to go to. Taking each person for the first rule that fits would not do:
    Ben for “Shop leads” leaves nobody for the rule that names Ben alone.
    """
    seats = {rule.pk: [] for rule in rules}

    def seat(person, seen):
        for rule in rules:
            if rule.pk in seen or person.pk not in members[rule.pk]:
                continue
            seen.add(rule.pk)
            sitting = seats[rule.pk]
            if len(sitting) < rule.people_needed:
                sitting.append(person)
                return True
            for index, other in enumerate(sitting):
                if seat(other, seen):
                    sitting[index] = person
                    return True
        return False

    for person in people:
        seat(person, set())
    return [Share(rule, tuple(seats[rule.pk])) for rule in rules]


def is_full(shares):
    """Whether every rule has the people it needs."""
    return all(share.missing <= 0 for share in shares)
