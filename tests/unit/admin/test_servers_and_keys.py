"""Servers are asked, shown and confirmed; SSH keys are made, or pasted and checked."""

import subprocess

import pytest
from django.urls import reverse
from django.utils import timezone

from deployments.models import Checkup, Server, ServerCheck, SshKey
from deployments.services.keys import fingerprint, make_key_pair
from tests import factories

from .conftest import form_of, listing, page

SEEN = make_key_pair("seen")[1]


@pytest.fixture
def server(db):
    return factories.make_server("web-1", host_key="", host_key_seen=SEEN)


@pytest.mark.parametrize(("button", "question"), [
    ("fetch_identity", ServerCheck.HOST_KEY), ("test_connection", ServerCheck.CONNECTION)])
def test_a_button_asks_the_server_by_a_task(button, question, server, admin, browse, queued):
    """The page itself touches no server: it leaves a question and a message in the queue."""
    response = browse(admin).post(page(server, button))
    assert (response.status_code, response["Location"]) == (303, page(server))
    check = ServerCheck.objects.get()
    assert (check.server, check.question, check.asked_by_name) == (server, question, "admin")
    assert queued() == [("deployments.tasks.answer_check", check.pk)]


def test_an_identity_is_shown_and_then_confirmed(server, admin, browse, audited):
    """What the administrator compared is what gets pinned."""
    client = browse(admin)
    assert f"Confirm identity {fingerprint(SEEN)}" in client.get(page(server)).text
    client.post(page(server, "confirm_identity"), {"seen": SEEN})
    server.refresh_from_db()
    assert (server.host_key, server.host_key_confirmed_by) == (SEEN, admin)
    assert audited("server.confirmed")[0][0] == "done"
    assert "confirmed" in client.get(page(server)).text


def test_an_identity_that_changed_meanwhile_is_not_confirmed(server, admin, browse, audited):
    """The page showed one identity, another was fetched since: refused, nothing pinned."""
    other = make_key_pair("other")[1]
    response = browse(admin).post(page(server, "confirm_identity"), {"seen": other}, follow=True)
    assert "showed another identity meanwhile" in response.text
    server.refresh_from_db()
    assert server.host_key == ""
    assert audited("server.confirmed")[0][0] == "refused"


@pytest.mark.parametrize("button", ["fetch_identity", "confirm_identity", "test_connection"])
def test_only_whoever_sets_servers_up_may_press(
        button, server, releaser, setter_up, browse, queued):
    """A releaser and a person who may only see servers: refused, nothing asked or pinned."""
    sent = {"seen": SEEN}
    assert browse(releaser).post(page(server, button), sent).status_code == 403
    response = browse(setter_up("set_up")).post(page(server, button), sent, follow=True)
    assert "You may not edit the commands of every project" in response.text
    server.refresh_from_db()
    assert server.host_key == ""
    assert queued() == []


@pytest.mark.parametrize("button", ["fetch_identity", "confirm_identity", "test_connection"])
def test_a_button_needs_post_and_a_server(button, server, admin, browse):
    """GET is 405; a server that is not there is 404."""
    assert browse(admin).get(page(server, button)).status_code == 405
    url = reverse(f"admin:deployments_server_{button}", args=[4711])
    assert browse(admin).post(url).status_code == 404


def test_a_server_shows_the_key_to_copy(server, admin, browse):
    """The line for authorized_keys stands on the server's own page."""
    SshKey.objects.filter(pk=server.ssh_key_id).update(public_key="ssh-ed25519 AAAA copy-me")
    assert "ssh-ed25519 AAAA copy-me" in browse(admin).get(page(server)).text


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path):
    """People compare it with what they see on the server."""
    path = tmp_path / "key.pub"
    path.write_text(SEEN)
    printed = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True,
                             check=True).stdout
    assert fingerprint(SEEN) == printed.split()[1]
    assert fingerprint("") == fingerprint("ssh-ed25519") == fingerprint("a b!") == ""


def added_key(browse, admin, **fields):
    client = browse(admin)
    response = client.post(listing(SshKey, "add"), {"name": "main", **fields})
    return response, SshKey.objects.filter(name="main").first()


def test_leaving_the_private_half_empty_makes_a_pair(admin, browse, audited, tmp_path):
    """The pair belongs together, as ssh-keygen sees it; only the public half is shown."""
    response, key = added_key(browse, admin)
    assert response.status_code == 302
    path = tmp_path / "key"
    path.write_text(key.private_key)
    path.chmod(0o600)
    printed = subprocess.run(["ssh-keygen", "-yf", path], capture_output=True, text=True,
                             check=True).stdout
    assert printed.split()[:2] == key.public_key.split()[:2]
    text = browse(admin).get(page(key)).text
    assert key.public_key in text
    assert key.private_key.splitlines()[1] not in text
    assert audited("key.added") == [("done", "admin added SSH key “main”")]


@pytest.mark.parametrize("arguments", [
    ["-t", "ed25519", "-N", ""], ["-t", "ed25519", "-N", "a passphrase"],
    ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""],
    ["-t", "ecdsa", "-m", "PEM", "-N", "a passphrase"]])
def test_a_pasted_key_gives_its_public_half(arguments, admin, browse, tmp_path):
    """In OpenSSH's form and in PEM's, with a passphrase and without."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", *arguments, "-f", path], check=True)
    response, key = added_key(browse, admin, private_key=path.read_text(),
                              passphrase=arguments[-1])
    assert response.status_code == 302, response.context["errors"]
    public = path.with_suffix(".pub").read_text().split()[:2]
    assert key.public_key.split()[:2] == public


@pytest.mark.parametrize("passphrase", ["", "a wrong one"])
def test_a_key_that_cannot_be_opened_is_refused(passphrase, admin, browse, tmp_path):
    """A wrong passphrase, none, or no key at all: one sentence, nothing saved or shown again."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "right", "-f", path], check=True)
    for text in (path.read_text(), "no key at all"):
        response, key = added_key(browse, admin, private_key=text, passphrase=passphrase)
        assert "This is no private key that can be read" in response.text
        assert text.splitlines()[-1] not in response.text
        assert key is None


def test_a_key_is_replaced_with_its_passphrase(admin, browse, tmp_path):
    """A key pasted without a passphrase takes the old one away; the public half follows."""
    for name, passphrase in (("old", "right"), ("new", "")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f",
                        tmp_path / name], check=True)
    _, key = added_key(browse, admin, private_key=(tmp_path / "old").read_text(),
                       passphrase="right")
    client = browse(admin)
    shown = client.get(page(key))
    assert "Remove it" not in shown.text
    client.post(page(key), form_of(shown) | {"private_key": (tmp_path / "new").read_text()})
    key.refresh_from_db()
    assert key.private_key.split() == (tmp_path / "new").read_text().split()
    assert key.passphrase == ""
    assert key.public_key.split()[:2] == (tmp_path / "new.pub").read_text().split()[:2]


def test_renaming_a_key_keeps_both_halves(admin, browse):
    """The form comes back without the private half, and saving it changes the name alone."""
    _, key = added_key(browse, admin)
    client = browse(admin)
    client.post(page(key), form_of(client.get(page(key))) | {"name": "renamed"})
    again = SshKey.objects.get(name="renamed")
    assert (again.private_key, again.public_key) == (key.private_key, key.public_key)


def test_a_list_without_an_export_has_no_button_for_it(admin, browse):
    """Only history is exported; a button elsewhere would lead to a refusal."""
    assert "Export CSV" not in browse(admin).get("/admin/deployments/server/").text
    assert "Export CSV" in browse(admin).get("/admin/deployments/release/").text


def test_what_a_server_answered_stands_on_its_page(staging, admin, browse):
    """Test connection would be of no use if its answer were never shown."""
    server = staging.installations.get().server
    server.checks.create(question=ServerCheck.CONNECTION, answer="Signed in <b>as deploy</b>.",
                         answered_at=timezone.now())
    shown = browse(admin).get(f"/admin/deployments/server/{server.pk}/change/").text
    assert "Signed in &lt;b&gt;as deploy&lt;/b&gt;." in shown


def test_other_pools_have_the_servers_sites_examined(staging, admin, browse, queued):
    """What was seen there is of other pools; a form that was saved as it was asks nobody."""
    server = Server.objects.get()
    client = browse(admin)
    form = form_of(client.get(page(server)))
    client.post(page(server), form)
    assert queued() == []
    added = {"pools-TOTAL_FORMS": int(form["pools-TOTAL_FORMS"]) + 1}
    last = f"pools-{form['pools-TOTAL_FORMS']}"
    added |= {f"{last}-name": "api", f"{last}-socket": "/run/php/api.sock",
              f"{last}-master": "php8.2-fpm", f"{last}-server": server.pk}
    response = client.post(page(server), form | added)
    assert response.status_code == 302, response.context["errors"]
    assert queued() == [("deployments.tasks.examine", Checkup.objects.get().pk)]
    assert Checkup.objects.get().asked_by_name == ""  # nobody accepted what it will find
