"""`python -m tests.security.matrix` prints the size of the permission matrix."""

import os

import django

import tests.environment  # noqa: F401  (sets the process environment first)


def size():
    """(doors and methods, kinds of person, cells): each cell is one request that is asserted."""
    from . import forms, oracle
    from .people import PEOPLE

    doors = 2 * len(oracle.PAGES) + 2 * len(oracle.BUTTONS)
    doors += len(oracle.LISTS) * (1 + len(forms.CRAFTED) + 5)
    return doors, len(PEOPLE), doors * len(PEOPLE) * 2


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"
    django.setup()
    print("{} doors and methods x {} kinds of person x 2 networks = {} cells".format(*size()))
