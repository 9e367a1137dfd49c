"""What a running step waits for, beside the step: the newest line of its log, where it tells that.

Steps tell it themselves (coherence/waiting.py): which request, and for how long it has been
running.
"""

from django.utils.translation import gettext as _

from ..strategy_words import WAITING
from ..waves import listed

NEWEST, AT_MOST = 60, 2
"""So many lines are looked at; so many servers are named."""


def waiting_sentence(deployment):
    """“Waiting for the request for public/export.php, which …”; "" while nothing is waited for.

    Where the release has several servers each is named before its own.
    """
    targets = list(deployment.targets.all())
    newest = {}
    for line in deployment.log.order_by("-number")[:NEWEST]:
        newest.setdefault((line.server_name, line.step), line.text)
    waits = {}
    for target in targets:
        text = newest.get((target.server_name, target.step), "")
        if text.startswith(WAITING):
            waits[target.server_name] = text
    if len(targets) == 1 or not waits:
        return "".join(f"{text}." for text in waits.values())
    told = [f"{server}: {text[0].lower()}{text[1:]}." for server, text in waits.items()]
    rest = listed(list(waits)[AT_MOST:])
    return " ".join([*told[:AT_MOST], *([_("So does {rest}.").format(
        rest=rest) if len(waits) == AT_MOST + 1
                                         else _("So do {rest}.").format(
                                             rest=rest)] if rest else [])])
