"""A PostgreSQL that vanishes without a word: whoever waits for it is told, and not after hours."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.postgres import Postgres

ROOT = Path(__file__).parents[3]
OPTIONS = """
import json, socket
from django.db import connection
connection.ensure_connection()
with socket.socket(fileno=connection.connection.pgconn.socket) as line:
    print(json.dumps([line.getsockopt(socket.IPPROTO_TCP, option) for option in %s]))
    line.detach()
"""
VANISHES = """
import subprocess, threading, time
def lo(state):
    subprocess.run(["ip", "link", "set", "lo", state], check=True)
lo("up")
import os
from tests.sandbox.postgres import Postgres
with Postgres() as server:
    os.environ["DATABASE_URL"] = server.url() + %r
    import django
    django.setup()
    from django.db import OperationalError, connection
    connection.ensure_connection()
    threading.Timer(0.5, lo, ["down"]).start()
    began = time.monotonic()
    try:
        connection.cursor().execute("SELECT pg_sleep(600)")
    except OperationalError:
        print("told after", time.monotonic() - began)
    lo("up")
"""


def test_its_connections_carry_what_the_settings_say():
    """Read from the socket itself: seconds, seconds, probes, milliseconds."""
    names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT,
             socket.TCP_USER_TIMEOUT)
    with Postgres() as server:
        ended = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c",
             OPTIONS % str([int(name) for name in names])],
            cwd=ROOT, env=os.environ | {"DATABASE_URL": server.url()}, check=True,
            stdout=subprocess.PIPE, text=True)
    assert ended.stdout.split("\n")[0] == "[5, 3, 3, 15000]"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take a network down")
def test_who_waits_for_an_answer_is_told_when_its_machine_is_gone():
    """In a network of its own, whose line goes dead; with shorter limits, by the address."""
    limits = "?keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=3000"
    ended = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", VANISHES % limits], cwd=ROOT, timeout=60,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "releasemgr.settings"}, check=True,
        stdout=subprocess.PIPE, text=True)
    assert 1 < float(ended.stdout.rpartition("told after ")[2]) < 10
