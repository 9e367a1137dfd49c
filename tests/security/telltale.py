"""A life in which every secret of the product is a canary, set, used, mistyped and shown."""

import re
from unittest import mock

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.urls import resolve, reverse

from deployments.models import Authenticator, Grant, PasswordLink, Project, SshKey, Token
from deployments.services import password_links, throttle
from tests import factories
from tests.browser import scene as scenes
from tests.unit.admin.conftest import form_of
from tests.unit.pages.phones import digits
from tests.unit.pages.test_reading_changes_nothing import addresses

from .listening import Visitor

LOGIN, TWO_STEP = "/admin/login/", "/admin/two-step/"


class Life:
    """Ines sets things up; Vera gets a password link. What is answered is in `heard`."""

    def __init__(self, canaries, heard):
        self.canaries, self.heard = canaries, heard
        self.scene = scenes.build()
        self.ines, self.vera = self.scene["ines"], self.scene["vera"]
        self.shop = self.scene["webshop"]
        for action, _ in Grant.ACTIONS:
            factories.make_grant(self.ines, action)
        for user in (self.ines, self.vera):
            user.email = f"{user.username}@shop.example"
            user.save()
        self.password = canaries.made("password")
        self.ines.set_password(self.password)
        self.ines.save()
        self.browser = Visitor(heard)

    def whole(self):
        self.sign_in()
        self.set_up()
        self.mistype()
        self.use_a_link()
        self.add_a_second_step()
        self.go_wrong()
        self.read_everything()

    def sign_in(self, **more):
        """Wrong, then right; the cookies are secrets from then on."""
        self.browser.post(LOGIN, {"username": "ines", "password": self.canaries.made("tried")})
        with self.heard.handing_over():  # the field still holds what was typed
            self.browser.post(LOGIN, {"username": self.canaries.made("typed as a name"),
                                      "password": "x"})
        self.browser.get(LOGIN)
        answer = self.browser.post(LOGIN, {"username": "ines", "password": self.password, **more})
        assert answer.status_code == 302
        self._know_cookies("")

    def _know_cookies(self, when):
        for name in ("sessionid", "csrftoken", "known_browser"):
            self.canaries.known(f"cookie {name}{when}", self.browser.cookies[name].value)

    def set_up(self):
        """The forms of a project, a key and a token."""
        made = self.canaries.made
        key = self._paste_key()
        page = reverse("admin:deployments_project_change", args=[self.shop.pk])
        self.sent = form_of(self.browser.get(page)) | {
            "git_user": "robot", "git_password": made("git-password"), "deploy_key": key.pk,
            "build_variables-TOTAL_FORMS": "1", "build_variables-INITIAL_FORMS": "0",
            "build_variables-0-name": "API_TOKEN", "build_variables-0-is_secret": "on",
            "build_variables-0-value": made("variable"),
            "check_pages-TOTAL_FORMS": "1", "check_pages-INITIAL_FORMS": "0",
            "check_pages-0-path": "/", "check_pages-0-status_from": "200",
            "check_pages-0-status_to": "399",
            "check_pages-0-headers": f"Authorization: Basic {made('header')}"}
        assert self.browser.post(page, self.sent).status_code == 302
        Project.objects.filter(pk=self.shop.pk).update(commands_need_second=True)
        self.browser.post(page, form_of(self.browser.get(page)) | {
            "git_password": made("proposed"), "check_pages-0-headers": f"X-Key: {made('key')}"})
        place = self.shop.environments.get(slug="production")
        self.browser.post("/admin/deployments/token/add/", {
            "environment": place.pk, "networks": "127.0.0.1/32"})
        token = Token.objects.get()
        self.browser.post(reverse("admin:deployments_token_rotate", args=[token.pk]))
        for number, row in enumerate(Token.objects.all()):
            self.canaries.known(f"token {number}", row.key)

    def _paste_key(self):
        secret = self.canaries.made("passphrase")
        text = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(secret.encode())).decode()
        for number, line in enumerate(text.splitlines()[1:-1]):
            self.canaries.known(f"private key {number}", line)
        fields = {"name": "pasted", "private_key": text, "passphrase": secret}
        self.browser.post("/admin/deployments/sshkey/add/", fields | {
            "passphrase": self.canaries.made("wrong-passphrase")})
        self.browser.post("/admin/deployments/sshkey/add/", fields)
        return SshKey.objects.get(name="pasted")

    def mistype(self):
        """Forms with a secret in them that come back because something else is wrong."""
        page, wrong = reverse("admin:deployments_project_add"), self.canaries.made("mistyped")
        for fields in ({"name": ""}, {"check_pages-0-headers": wrong},
                       {"build_variables-0-name": "no name"}):
            answer = self.browser.post(page, self.sent | {
                "git_password": wrong, "build_variables-0-value": wrong} | fields)
            assert answer.status_code == 200
        self.browser.post("/admin/again/", {"password": wrong})
        self.browser.post(TWO_STEP, {"do": "prepare", "password": wrong})
        self.browser.post("/admin/password_change/", {
            "old_password": wrong, "new_password1": wrong, "new_password2": "another"})

    def use_a_link(self):
        """Vera sets her password with the link that Ines sent, not at the first try."""
        self.browser.post(reverse("admin:person-link", args=[self.vera.pk]))
        token = password_links.token_of(PasswordLink.objects.filter(user=self.vera).latest("pk"))
        self.canaries.known("link", token.partition("-")[2])
        there, new = reverse("admin:password-link", args=[token]), self.canaries.made("new")
        self.vera_reads_mail()
        vera = Visitor(self.heard)
        assert vera.get(there).status_code == 200
        assert vera.post(there, {"new_password1": new, "new_password2": "x"}).status_code == 422
        strict = Visitor(self.heard, enforce_csrf_checks=True)
        assert strict.post(there, {"new_password1": new}).status_code == 403
        strict.force_login(self.ines)  # then it is in the audit log, too
        assert strict.post(there, {"new_password1": new}).status_code == 403
        with mock.patch.object(password_links, "find", side_effect=RuntimeError("broken")):
            assert vera.get(there).status_code == 500
        assert vera.post(there, {"new_password1": new, "new_password2": new}).status_code == 303
        assert vera.post(LOGIN, {"username": "vera", "password": new}).status_code == 302

    def vera_reads_mail(self):
        """For whoever sends the mails meanwhile."""

    def add_a_second_step(self):
        """Set up by Ines, and used to sign in once more, with a recovery code."""
        self.browser.post(TWO_STEP, {"do": "prepare", "password": self.password})
        phone = Authenticator.objects.get(user=self.ines)
        self.canaries.known("secret of the phone", phone.secret)
        self.canaries.known("the same in groups", phone.typed_secret)
        self.canaries.known("the same as typed", phone.typed_secret.replace(" ", ""))
        with self.heard.handing_over():
            self.browser.get(TWO_STEP)
            answer = self.browser.post(TWO_STEP, {"do": "confirm", "code": digits(phone)})
        codes = re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)
        for number, code in enumerate(codes):
            self.canaries.known(f"recovery code {number}", code)
            self.canaries.known(f"recovery code {number}, together", code.replace("-", ""))
        self.browser.post("/admin/logout/")
        self.browser.post(LOGIN, {"username": "ines", "password": self.password})
        self.browser.post("/admin/code/", {"code": f"{codes[1][:-1]}-"})
        assert self.browser.post("/admin/code/", {"code": codes[0]}).status_code == 302
        self._know_cookies(" of the second session")

    def go_wrong(self):
        """404, 403, and 500 while a password is looked at."""
        self.browser.get("/admin/nowhere/")
        stranger = Visitor(self.heard)
        stranger.get("/admin/")
        stranger.force_login(factories.make_user("stranger", self.shop, "look"))
        stranger.get("/admin/deployments/server/")
        with mock.patch.object(throttle, "count", side_effect=RuntimeError("broken")):
            stranger.post(LOGIN, {"username": "ines", "password": self.password})
        with mock.patch("deployments.policy.may_set_up", side_effect=RuntimeError("broken")):
            self.browser.post(reverse("admin:deployments_project_add"), self.sent)

    def read_everything(self):
        """Every page by GET, as somebody for whom each opens, until it has shown something once;
        both exports."""
        self.read = {"logout"}
        for address in dict.fromkeys(addresses(self.scene)):
            name = resolve(address.partition("?")[0]).url_name
            if name not in self.read and self.browser.get(address).status_code == 200:
                self.read.add(name)
        for export in ("export", "lines"):
            self.browser.post(f"/admin/deployments/auditentry/{export}/")
