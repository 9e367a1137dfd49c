"""Whether a warning is for whoever runs this command."""

import sys


def is_asked_for():
    """Whether somebody looks at the configuration, or starts what works by it: every other command
    would say the same again each time."""
    return sys.argv[1:2] in (["check"], ["worker"]) and "--only" not in sys.argv
