"""SSH keys: what people compare, what we make, what we say about a bad one."""

import subprocess

import pytest

from deployments.remote.faults import LoginRefused
from deployments.remote.host import Credentials, Host
from deployments.remote.ssh_keys import fingerprint, load_private_key
from deployments.services.keys import make_key_pair
from tests.sandbox.sshd import make_key


def host_with(private_key: str, passphrase: str = "") -> Host:
    return Host("web-1", "127.0.0.1", "u", "", Credentials(private_key, passphrase))


def test_the_fingerprint_is_the_one_ssh_keygen_prints(tmp_path):
    """An administrator can compare it with what the server's console shows."""
    make_key(tmp_path / "key")
    shown = subprocess.check_output(["ssh-keygen", "-lf", tmp_path / "key.pub"], text=True)
    assert fingerprint((tmp_path / "key.pub").read_text()) == shown.split()[1]


def test_a_fingerprint_of_something_else_is_refused():
    """What is no key line has no fingerprint."""
    for bad in ("", "ssh-ed25519", "ssh-ed25519 not/base64!"):
        with pytest.raises(ValueError, match="public key"):
            fingerprint(bad)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_usual_keys_can_be_loaded(tmp_path, kind, passphrase):
    """The three kinds OpenSSH makes work, encrypted or not."""
    make_key(tmp_path / "key", kind=kind, passphrase=passphrase)
    key = load_private_key(host_with((tmp_path / "key").read_text(), passphrase))
    public = (tmp_path / "key.pub").read_text().split()[1]
    assert key.get_base64() == public


@pytest.mark.parametrize(
    ("stored", "told"),
    [("", "store its passphrase too"), ("wrong", "passphrase does not open it")],
)
def test_a_locked_key_says_what_is_missing(tmp_path, stored, told):
    """The sentence names the passphrase, never the key."""
    make_key(tmp_path / "key", passphrase="right")
    text = (tmp_path / "key").read_text()
    with pytest.raises(LoginRefused, match=told) as caught:
        load_private_key(host_with(text, stored))
    assert text.split()[5][:30] not in str(caught.value)


def test_damaged_key_text_is_one_clear_sentence():
    """Any rubbish in the field ends as LoginRefused that names the server."""
    good, _ = make_key_pair("")
    for bad in ("", "rubbish", good[:100], good.replace("b3Blb", "AAAAA"), good[:-60]):
        with pytest.raises(LoginRefused, match=r"^The SSH key for web-1 cannot be used") as caught:
            load_private_key(host_with(bad))
        assert caught.value.__cause__ is None


def test_no_repr_shows_a_key():
    """A host in a log line or a stack trace gives nothing away."""
    host = host_with("PRIVATE-CANARY", "PASS-CANARY")
    jumping = Host("web-2", "10.0.0.2", "u", "", host.credentials, jump=host)
    for shown in (repr(host), repr(jumping), repr(host.credentials), str(jumping)):
        assert "CANARY" not in shown
        assert shown == repr(host.credentials) or "credentials" not in shown
