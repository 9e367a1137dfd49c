"""The doctor: what was read on one installation (`facts`), what follows from it (`diagnosis`).

Pure: nothing here asks anybody. `pipeline/examining.py` reads the facts.
"""

from .diagnosis import Diagnosis, diagnose
from .facts import Facts, PoolFacts

__all__ = ["Diagnosis", "Facts", "PoolFacts", "diagnose"]
