"""Runs functions of our PHP files in PHP's command line, with no php.ini and no extensions."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import deployments.remote

SOURCES = Path(deployments.remote.__file__).parent / "php"
HARNESS = Path(__file__).with_name("harness.php")


def call(file: Path, function: str, *, cases: Sequence[Sequence]) -> list:
    """Return what `function` of `file` returns for each list of arguments."""
    ended = subprocess.run(
        ["php", "-n", str(HARNESS), str(file), function],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    _, found, results = ended.stdout.rpartition("\nRESULTS ")
    assert found, ended.stdout + ended.stderr
    return json.loads(results)
