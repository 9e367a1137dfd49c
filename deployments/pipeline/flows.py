"""What happens, in order. Read this first.

Every target finishes a step before any starts the next. `SWITCH` divides the list: before it a
failure cleans up and visitors notice nothing; after it, every switched server goes back.
"""

from .steps.arm import Arm
from .steps.cohere import Cohere
from .steps.command import Command
from .steps.connect import Connect
from .steps.copy import Copy
from .steps.inspect import Inspect
from .steps.prove import Prove
from .steps.switch import Switch

BEFORE_SWITCH = (Connect(), Inspect(), Copy(), Arm(), Command("before"))
SWITCH = Switch()
AFTER_SWITCH = (Cohere(), Prove(), Command("after"))

DEPLOY = (*BEFORE_SWITCH, SWITCH, *AFTER_SWITCH)
ROLLBACK = DEPLOY  # going back is releasing an earlier release: same steps, same proof
RELOAD = (Connect(), Inspect(), Arm(), Cohere(), Prove())  # nothing is copied, nothing switched

FLOWS = {"deploy": DEPLOY, "rollback": ROLLBACK, "reload": RELOAD}


def steps_of(plan):
    """Return the steps of the plan's flow, without those that have nothing to do."""
    return [step for step in FLOWS[plan.kind]
            if not isinstance(step, Command) or step.applies(plan)]
