"""What works behind the doors with the same secrets: builds, plans, servers, mails, commands."""

import base64
import json
import smtplib
from unittest import mock
from urllib.parse import quote

from django.conf import settings
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import get_commands, load_command_class

from deployments import crypto
from deployments.artifacts.output import OutputCleaner
from deployments.coherence.site import check_page
from deployments.errors import Refused
from deployments.models import Deployment, Notice, Project, SshKey
from deployments.notify.mail import send_due
from deployments.pipeline import building
from deployments.pipeline.contexts import make_contexts
from deployments.pipeline.log import Journal
from deployments.pipeline.sources import mirror_of, read_source
from deployments.pipeline.witnesses import witness_of
from deployments.plan import build_plan
from deployments.remote.doors import EndpointDoor
from deployments.remote.faults import RemoteFault
from deployments.remote.host import Credentials, Host
from deployments.remote.http import HttpCall
from deployments.remote.ssh import Connection
from deployments.services import tokens
from deployments.services.keys import public_half
from tests import factories

from .listening import objects_in_words, said_by

NOBODY_THERE = "https://127.0.0.1:1"


class Parrot(EmailBackend):
    """A mail server that repeats the password it refuses."""

    def open(self):
        told = f"no: {settings.EMAIL_HOST_PASSWORD}"
        raise smtplib.SMTPAuthenticationError(535, told.encode())


def work(life):
    """Pairs of (where, text): objects as a debugger shows them, and what exceptions say."""
    shop = Project.objects.get(pk=life.shop.pk)
    deployment = _planned(life, shop)
    _print(shop, deployment.release)
    release, variables = deployment.release, list(shop.build_variables.all())
    journal = Journal(release=release, secrets=[row.value for row in variables])
    plan = build_plan("deploy", deployment.environment, release)
    contexts = make_contexts(deployment, plan, fence=1, journal=journal)
    held = [plan, contexts, mirror_of(shop), building._recipe(release, variables), life.browser,
            *map(witness_of, contexts), *_doors(life), variables]
    assert plan.pages[0].headers
    assert any(context.endpoint_key for context in contexts)
    return [*objects_in_words(*held), *_exceptions(shop)]


def _planned(life, shop):
    """A deployment whose plan is in the database, of a site asked by the endpoint."""
    place = factories.make_environment(shop, slug="watched", witness_rate=5)
    key = SshKey.objects.get(name="pasted")
    one = factories.make_installation(
        place, server=factories.make_server("web-9", ssh_key=key), php_door="endpoint")
    factories.make_token(place, installed_on=[one], key=life.canaries.known("endpoint", "5e" * 32))
    made = factories.make_deployment(place, release=life.scene["releases"][0], status="running")
    return Deployment.objects.get(pk=made.pk)


def _doors(life):
    call = HttpCall(NOBODY_THERE, headers={"Authorization": life.canaries.texts["header"]})
    return [call, EndpointDoor(call, "/_releasemgr/www", "one", life.canaries.texts["endpoint"])]


def _print(shop, release):
    """A build that prints all it was given, in the spellings that tools use."""
    secrets = [row.value for row in shop.build_variables.all()]
    journal = Journal(release=release, secrets=[*secrets, shop.git_password])
    cleaner = OutputCleaner(journal.say, secrets=secrets)
    for secret in secrets:
        for text in (secret, json.dumps(secret), quote(secret, safe=""),
                     base64.b64encode(secret.encode()).decode()):
            cleaner.write(f"using {text} now\n".encode())
    cleaner.close()
    journal.say(f"git: {shop.git_password}")
    journal.flush()


def _exceptions(shop):
    """What goes wrong with a secret in hand, in its own words."""
    key = shop.deploy_key
    Project.objects.filter(pk=shop.pk).update(
        repository_url=f"{NOBODY_THERE}/shop.git", deploy_key=None)
    read_source(shop.pk)  # its problem is a column, and a page shows it
    yield "git", Project.objects.get(pk=shop.pk).source_problem
    host = Host("web-9", "127.0.0.1", "deploy", "ssh-ed25519 AAAA", port=1,
                credentials=Credentials(key.private_key, key.passphrase))
    for act in (lambda: Connection.open(host),
                lambda: public_half(key.private_key, passphrase="wrong", comment=""),
                lambda: crypto.unseal("another", crypto.seal("one", key.passphrase)),
                lambda: tokens.issue(factories.actor_for(None), shop.environments.first(),
                                     networks="nowhere")):
        try:
            act()
        except (Refused, RemoteFault, crypto.ImproperlyConfigured) as problem:
            yield type(problem).__name__, f"{problem} {problem!r} {problem.__context__!r}"
    plan = build_plan("deploy", shop.environments.first(), shop.releases.first())
    site = mock.Mock(get=lambda path, *, headers: HttpCall("no site", headers=headers))
    try:
        check_page(site, plan.pages[0])
    except ValueError as problem:
        yield "check page", f"{problem!r}"


def send_mails():
    """At first the server refuses, and repeats our password; return what is kept of that."""
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Parrot"
    send_due()
    settings.EMAIL_BACKEND = backend
    problems = list(Notice.objects.exclude(problem="").values_list("event", "problem"))
    Notice.objects.update(next_try_at=None)  # as if it were later
    send_due()
    return problems


def speak(life):
    """(command, what it prints): each command's help, and those that end by themselves."""
    ours = sorted(name for name, app in get_commands().items() if app == "deployments")
    for name in ours:
        parser = load_command_class("deployments", name).create_parser("manage.py", name)
        yield f"{name} --help", parser.format_help()
    place, version = ("webshop", "watched"), life.scene["releases"][0].name
    for words in (
            ("check",), ("check", "--deploy"), ("verify_audit",), ("rotate_keys",),
            ("issue_token", *place), ("issue_token", *place, "--as", "nobody"),
            ("deploy", *place, "--release", version, "--plan"),
            ("deploy", *place, "--release", version, "--plan", "--json"),
            ("rollback", *place, "--json"), ("decide", "1", "put-back"),
            ("superuser", "ines", "--reason", "a test"), ("seal_audit",)):
        yield said_by(*words)
