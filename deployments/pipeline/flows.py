"""What happens, in order. Read this first.

Every target finishes a step before any starts the next. `PREPARE` changes nothing for visitors: a
failure cleans up. Then each wave of servers (mostly there is one, with all of them) goes through
`GO_LIVE`, whose first step is the point of no return: from there on a failure puts every switched
server back. `FINISH` runs once all waves are live and proved.
"""

from .steps.arm import Arm
from .steps.cohere import Cohere
from .steps.command import Command
from .steps.connect import Connect
from .steps.copy import Copy
from .steps.examine import Examine
from .steps.inspect import Inspect
from .steps.prove import Prove
from .steps.switch import Switch

PREPARE = (Connect(), Inspect(), Examine(), Copy(), Arm(), Command("before"))
GO_LIVE = (Switch(), Cohere(), Prove())
FINISH = (Command("after"),)
ARM_AGAIN = Arm()  # a later wave was armed long ago

PREPARE_RELOAD = (Connect(), Inspect(), Examine(), Arm())  # nothing is copied, nothing switched
RELOAD = (Cohere(), Prove())


def prepare(plan):
    """Return the steps on all servers before anything changes for visitors."""
    return _applying(PREPARE_RELOAD if plan.kind == "reload" else PREPARE, plan)


def go_live(plan):
    """Return the steps of one wave. Going back is releasing an earlier release: the same proof."""
    return RELOAD if plan.kind == "reload" else GO_LIVE


def finish(plan):
    """Return the steps on all servers after the last wave."""
    return () if plan.kind == "reload" else _applying(FINISH, plan)


def _applying(steps, plan):
    return [step for step in steps if not isinstance(step, Command) or step.applies(plan)]
