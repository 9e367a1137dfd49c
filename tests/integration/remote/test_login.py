"""Each way of not getting in ends in its own fault, with one sentence, against a real sshd."""

import socket
import threading
import time
from dataclasses import replace

import pytest

from deployments.remote.faults import (
    ForwardingRefused,
    HostKeyChanged,
    HostKeyUnconfirmed,
    LoginRefused,
    Unreachable,
)
from deployments.remote.host import Credentials
from deployments.remote.ssh import Connection, fetch_host_key
from deployments.remote.ssh_keys import fingerprint
from deployments.services.keys import make_key_pair
from tests.integration.remote.conftest import host_of, until
from tests.sandbox.blackhole import SILENT, Blackhole
from tests.sandbox.daemons import free_port
from tests.sandbox.sshd import make_key

ALGORITHMS = {"rsa": "rsa-sha2-512,rsa-sha2-256", "ecdsa": "ecdsa-sha2-nistp256"}


@pytest.fixture
def host_with(host):
    """The usual host with something else in it."""
    return lambda **changes: replace(host, **changes)


def refusal(host, kind, **limits) -> str:
    """Return the sentence of the fault that opening a connection must end in."""
    with pytest.raises(kind) as caught:
        Connection.open(host, **limits)
    assert type(caught.value) is kind
    assert caught.value.server == host.name
    sentence = str(caught.value)
    assert host.name in sentence
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    assert host.credentials.private_key[40:80] not in sentence
    return sentence


def answer_once(server: socket.socket, answer: bytes, held_s: float) -> None:
    """Accept one connection, send `answer`, wait, hang up."""
    client, _ = server.accept()
    client.sendall(answer)
    time.sleep(held_s)
    client.close()


def test_the_right_key_gets_in_with_strong_modern_algorithms(start_sshd):
    """curve25519 agrees on keys, aes128-gcm carries the bytes, Terrapin's fix is on."""
    daemon = start_sshd("talkative", options=["LogLevel DEBUG1"])
    with Connection.open(host_of(daemon)) as connection:
        transport = connection._transport
        assert transport.local_cipher == transport.remote_cipher == "aes128-gcm@openssh.com"
        assert transport.agreed_on_strict_kex
        assert connection.alive()
    assert "kex: algorithm: curve25519-sha256@libssh.org" in daemon.log()


@pytest.mark.parametrize("weak", ["Ciphers aes128-cbc,3des-cbc", "MACs hmac-sha1,hmac-md5"])
def test_a_server_with_outdated_encryption_only_is_not_spoken_to(start_sshd, weak):
    """No cipher or checksum of yesterday is agreed on, and the sentence says why."""
    options = [weak, "Ciphers aes128-ctr"] if weak.startswith("MACs") else [weak]
    daemon = start_sshd(weak.split()[0], options=options)
    assert "outdated encryption" in refusal(host_of(daemon), Unreachable)


def test_a_changed_host_key_stops_before_any_login(start_sshd):
    """The key is compared first: sshd's log holds no login attempt, the sentence both prints."""
    daemon = start_sshd("changed")
    before = host_of(daemon)
    daemon.stop()
    daemon.renew_host_key()
    daemon.start()
    sentence = refusal(before, HostKeyChanged)
    assert fingerprint(before.host_key) in sentence
    assert fingerprint(daemon.host_key) in sentence
    until(lambda: "[preauth]" in daemon.log())  # how sshd calls the end of our connection
    log = daemon.log()
    assert "Connection from" in log
    assert "Accepted" not in log
    assert "publickey" not in log


def test_a_pin_that_is_no_key_line_is_a_changed_key(host_with):
    """Rubbish in the pinned field never lets anybody through."""
    for rubbish in ("ssh-ed25519", "AAAA", "ssh-ed25519 AAAA"):
        refusal(host_with(host_key=rubbish), HostKeyChanged)


def test_an_unconfirmed_host_key_means_no_connection_at_all(start_sshd):
    """Not one byte is sent to a server, or a jump host, whose key nobody confirmed."""
    daemon = start_sshd("unconfirmed")
    until(lambda: "Connection closed by" in daemon.log())  # the sandbox's own readiness check
    before = daemon.log()
    for pin in ("", "  "):
        refusal(host_of(daemon, host_key=pin), HostKeyUnconfirmed)
        blank = host_of(daemon, name="bastion", host_key=pin)
        with pytest.raises(HostKeyUnconfirmed, match="bastion"):
            Connection.open(host_of(daemon, jump=blank))
    time.sleep(0.2)
    assert daemon.log() == before


def test_a_host_key_can_be_fetched_to_be_confirmed(host, host_with):
    """What is shown is what has to be pinned; no login happens."""
    assert fetch_host_key(host_with(host_key="")) == host.host_key


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_servers_with_other_host_keys_can_be_pinned_too(folder, login, start_sshd, kind):
    """An old server without ed25519 is fetched, pinned and entered like any other."""
    make_key(folder / f"host_{kind}", kind=kind)
    options = [f"HostKey {folder}/host_{kind}", f"HostKeyAlgorithms {ALGORITHMS[kind]}"]
    daemon = start_sshd(f"ssh-{kind}", options=options)
    pin = fetch_host_key(host_of(daemon, host_key=""))
    assert pin.split()[1] == (folder / f"host_{kind}.pub").read_text().split()[1]
    with Connection.open(host_of(daemon, host_key=pin)) as connection:
        assert connection.run(["true"], timeout_s=60).ok


def test_the_pinned_key_is_asked_for_when_a_server_has_several(folder, start_sshd):
    """A server with an RSA and an ed25519 key is entered with either one pinned."""
    make_key(folder / "host_second", kind="rsa")
    daemon = start_sshd("several", options=[f"HostKey {folder}/host_second"])
    second = " ".join((folder / "host_second.pub").read_text().split()[:2])
    for pin in (second, daemon.host_key):
        Connection.open(host_of(daemon, host_key=pin)).close()


def test_a_wrong_key_is_refused(host_with):
    """The sentence says where the public key belongs."""
    stranger, _ = make_key_pair("stranger")
    sentence = refusal(host_with(credentials=Credentials(stranger)), LoginRefused)
    assert "authorized_keys" in sentence


def test_an_unknown_user_is_refused(host_with):
    """sshd does not tell the difference, and neither do we."""
    refusal(host_with(user="nobody-here"), LoginRefused)


def test_an_agent_or_a_key_in_the_home_folder_is_never_used(host_with, monkeypatch, tmp_path, sshd):
    """Only the stored key may log in, even where another one would be accepted."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_text(sshd.private_key)
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        agent.setblocking(False)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        stranger, _ = make_key_pair("stranger")
        refusal(host_with(credentials=Credentials(stranger)), LoginRefused)
        with pytest.raises(BlockingIOError):
            agent.accept()


def test_a_server_that_wants_more_than_a_key_says_so(start_sshd):
    """Half a login is no login."""
    options = ["AuthenticationMethods publickey,keyboard-interactive"]
    options += ["KbdInteractiveAuthentication yes"]
    daemon = start_sshd("two-factors", options=options)
    assert "more than a key" in refusal(host_of(daemon), LoginRefused)


def test_a_closed_port_is_unreachable(host_with):
    """The sentence names address and port."""
    port = free_port()
    assert f"(127.0.0.1:{port}) refuses" in refusal(host_with(port=port), Unreachable)


def test_a_name_that_does_not_resolve_is_unreachable(host_with):
    """A typing error in the address is told as one."""
    sentence = refusal(host_with(address="no-such-host.invalid"), Unreachable)
    assert "no-such-host.invalid" in sentence


def test_a_tarpit_is_unreachable_within_the_limit(host_with, sshd):
    """A port that accepts and stays silent is not waited for longer than asked."""
    with Blackhole(sshd.port, mode=SILENT) as tarpit:
        started_at = time.monotonic()
        sentence = refusal(host_with(port=tarpit.port), Unreachable, connect_timeout_s=1.5)
    assert "did not speak SSH within 1.5 s" in sentence
    assert time.monotonic() - started_at < 30


def test_a_server_of_another_kind_is_unreachable(host_with):
    """A web server, one that hangs up at once, one that greets and then falls silent."""
    silent_s = 60
    answers = [(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 5, 0), (b"", 0), (b"SSH-2.0-X\r\n", silent_s)]
    for answer, held_s in answers:
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=answer_once, args=(server, answer, held_s), daemon=True).start()
            port, started_at = server.getsockname()[1], time.monotonic()
            refusal(host_with(port=port), Unreachable, connect_timeout_s=2)
            assert time.monotonic() - started_at < 30


def test_a_jump_host_is_used_and_counts_as_its_own_server(sshd, start_sshd):
    """The far server sees the login; each of the two keeps its own pinned key."""
    far = start_sshd("far")
    jump = host_of(sshd, name="bastion")
    with Connection.open(host_of(far, name="web-9", jump=jump)) as connection:
        assert connection.run(["echo", "hello"], timeout_s=60).lines == ("hello",)
        assert connection.alive()
    assert "Accepted publickey" in far.log()
    assert fetch_host_key(host_of(far, host_key="", jump=jump)) == far.host_key


def test_faults_behind_and_at_a_jump_host_name_the_right_server(sshd, start_sshd):
    """Closed port behind it, forbidden forwarding at it, changed key of it."""
    far = host_of(start_sshd("far-2"), name="web-9", jump=host_of(sshd, name="bastion"))
    closed = host_of(sshd, name="web-9", port=free_port(), jump=far.jump)
    assert "from the jump host bastion" in refusal(closed, Unreachable)
    strict = host_of(start_sshd("strict", options=["AllowTcpForwarding no"]), name="bastion")
    with pytest.raises(ForwardingRefused, match="sshd on bastion"):
        Connection.open(host_of(sshd, name="web-9", jump=strict))
    with pytest.raises(HostKeyChanged, match="bastion shows"):
        Connection.open(host_of(sshd, jump=host_of(sshd, name="bastion", host_key=strict.host_key)))
