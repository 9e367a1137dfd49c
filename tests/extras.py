"""Print the packages of some extras of pyproject.toml, for pip: `python -m tests.extras test`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
print(*(package for name in sys.argv[1:] for package in project["optional-dependencies"][name]))
