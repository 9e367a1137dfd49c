"""`make storm`: faults by the thousand, simulated or real; ends with one line and 0 or 1.

Simulated ones run the production engine against model servers in simulated time (see
tests/faults/simulation); real ones kill processes of the sandbox (real.py).
"""

import argparse
import os
import sys

import tests.environment  # noqa: F401  (sets the process environment first)

os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"


def main():
    options = _options()
    if options.real:
        from tests.storm import real

        more = {} if options.seed is None else {"seed": options.seed}
        return real.run(options.real, options.database, **more)
    import django

    django.setup()
    from tests.storm import simulated

    if options.guards:
        return simulated.guards()
    if options.seed is not None:
        return simulated.one(options.seed)
    everything = options.seeds is None and not (options.pairs or options.points)
    return simulated.storm(seeds=500 if everything else options.seeds or 0,
                           points=options.points, pairs=everything or options.pairs)


def _options():
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, help="so many random runs")
    parser.add_argument("--seed", type=int, help="repeat the run of one seed, with its log")
    parser.add_argument("--points", action="store_true", help="every single fault")
    parser.add_argument("--pairs", action="store_true", help="every pair of two faults")
    parser.add_argument("--guards", action="store_true", help="take each guard away in turn")
    parser.add_argument("--real", type=int, help="so many real kills, on the sandbox")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="",
                        help="of the real kills; default: both")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
