"""`python -m tests.security.matrix` prints the size of the permission matrix, by kind of door."""

import os

import django

import tests.environment  # noqa: F401  (sets the process environment first)

NETWORKS = 2


def sizes():
    """(kind, cells) of each part; each cell is one request, command or start that is asserted."""
    from . import forms, oracle, oracle_of_commands, oracle_of_rows
    from .people import PEOPLE

    everybody = len(PEOPLE) * NETWORKS
    parts = [
        ("task pages, by GET and by POST", 2 * len(oracle.PAGES)),
        ("buttons of rows, by GET and by POST", 2 * len(oracle.BUTTONS)),
        ("exports and checks of whole lists, by GET and by POST", 2 * len(oracle.WHOLE_LISTS)),
        ("lists, forms, histories of the admin", 6 * len(oracle.LISTS)),
        ("crafted actions and editable columns", len(oracle.LISTS) * len(forms.CRAFTED)),
        ("crafted rows and parts of forms", len(oracle_of_rows.ROWS)),
        ("commands, with entries for one network and for all", len(oracle_of_commands.COMMANDS)),
    ]
    return [(f"{doors} {kind}", doors * everybody) for kind, doors in parts] + [
        ("starts of what was asked for, and of what was agreed to", _starts(oracle_of_commands))]


def _starts(rows):
    """One cell for each kind of person, and one for each change of those who may."""
    from .oracle import lets_in
    from .people import PEOPLE

    asked = sum(1 + len(rows.CHANGES) * lets_in(power, inside)
                for *_, power in rows.STARTS for _, inside, _ in PEOPLE)
    return asked + sum(1 + (len(rows.CHANGES) - 1) * lets_in("approve", inside)
                       for _, inside, _ in PEOPLE[1:])


def printed():
    """The lines: each part, and what they are together."""
    from .people import PEOPLE

    found = sizes()
    return [*(f"{cells:6,} cells: {kind}" for kind, cells in found),
            f"{sum(cells for _, cells in found):6,} cells together: {len(PEOPLE)} kinds of person, "
            f"{NETWORKS} networks"]


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"
    django.setup()
    print("\n".join(printed()))
