"""A hostile project builds: it must get at nothing of ours, and leave nothing behind."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import RELEASE

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can build as another account")

# The release manager as a process of its own, with a secret in its environment.
MANAGER = """
import json, os, sys
from django.conf import settings
settings.configure(USE_I18N=False)
from deployments.artifacts.build import Limits, Recipe
from deployments.artifacts.deadline import Deadline
from deployments.artifacts.making import make_artifact
from deployments.artifacts.mirror import Mirror
from deployments.artifacts.store import ArtifactStore
from deployments.remote.local import LocalConnection

told = json.load(sys.stdin)
mirror = Mirror(told["mirror"], url=told["url"])
mirror.refresh()
sha, = (ref.sha for ref in mirror.refs() if ref.name == "main")
recipe = Recipe(
    sha=sha, ref="main", release=told["release"],
    commands=("sh attack.sh", "sh bomb.sh || true"),
    variables=told["variables"] | {"MANAGER": str(os.getpid())}, secret_names=frozenset({"TOKEN"}),
    limits=Limits(processes=120, file_mb=20, memory_mb=500), silence_s=60, limit_s=120,
)
make_artifact(
    LocalConnection(told["user"]), mirror=mirror, recipe=recipe, folder=told["folder"],
    store=ArtifactStore(told["store"]), project="shop", epoch=1764000000,
    deadline=Deadline(180),
    on_line=lambda line: print(line, flush=True),
)
mirror.refresh()
"""
HIDDEN = "setsid env -i sh -c 'cd /; exec sleep 86421.1'"
BOMB = "i=0; while [ $i -lt 300 ]; do sleep 86422.2 & i=$((i+1)); done; echo breached: forked"
PLAIN = "setsid sh -c 'cd /; exec sleep 86421.1'"


@pytest.fixture(params=["alone", "in plain sight"])
def attack(request, tmp_path, open_place, local, account):
    """A function: build the attack; returns what it printed. With and without namespaces."""
    outside = open_place / f"outside-{request.param.replace(' ', '-')}"
    outside.mkdir()
    secrets = []
    for name in (".env", "db.sqlite3", "id_ed25519"):
        secret = outside / name
        secret.write_text("CANARY")
        secret.chmod(0o600)
        secrets.append(str(secret))
    search = os.environ["PATH"]
    if request.param == "in plain sight":
        (outside / "bin").mkdir()
        (outside / "bin/unshare").write_text("#!/bin/sh\nexit 1\n")
        (outside / "bin/unshare").chmod(0o755)
        search = f"{outside}/bin:{search}"
    attack = Path(__file__).with_name("attack.sh").read_text()
    local.repository.commit({"attack.sh": attack, "bomb.sh": BOMB})
    told = {
        "mirror": str(tmp_path / "mirror"), "url": local.repository.url, "release": RELEASE,
        "user": account.name, "folder": local.folder, "store": str(tmp_path / "artifacts"),
        "variables": {
            "SECRETS": " ".join([*secrets, str(tmp_path / "artifacts"), str(tmp_path / "mirror")]),
            "OUTSIDE": str(outside), "SPRUNG": str(outside / "sprung"), "TOKEN": "token-0123456789",
            "DAEMON": HIDDEN if request.param == "alone" else PLAIN, "PATH": search,
        },
    }
    ran = subprocess.run(
        [sys.executable, "-c", MANAGER], input=json.dumps(told), text=True, capture_output=True,
        env={"PATH": os.environ["PATH"], "DJANGO_SECRET_KEY": "CANARY"}, timeout=200, check=False,
    )
    yield ran, outside
    for pid in daemons():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


def daemons():
    """Return the ids of the daemon that the attack leaves behind."""
    said = subprocess.run(["pgrep", "-xf", "sleep 86421.1"], capture_output=True, check=False)
    return [int(pid) for pid in said.stdout.split()]


def test_a_hostile_build_gets_at_nothing_and_leaves_nothing(attack, local, account):
    """Every attempt of attack.sh fails, in a namespace of its own and without one."""
    ran, outside = attack
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.splitlines()
    assert "attacked" in printed
    assert any("Cannot fork" in line for line in printed)
    assert [line for line in printed if "breached" in line] == []
    assert "CANARY" not in ran.stdout + ran.stderr
    assert "token-0123456789" not in ran.stdout + ran.stderr
    assert not (outside / "sprung").exists()
    assert daemons() == []
    assert local.leftovers() == []
    left = subprocess.run(
        ["ps", "-u", account.name, "-o", "stat=,args="], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    # Ended ones stay listed until the machine's first process has collected them.
    assert [line for line in left if not line.startswith("Z")] == []
