"""The guarded endpoint on servers: installing it with its tokens, and testing that it refuses."""

import hashlib
import json
import time

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..coherence.site import Site
from ..errors import StepFailed
from ..models import AuditEntry, Installation, Release, Token, TokenInstall
from ..models.fields import lines_of
from ..plan import build_plan
from ..remote.endpoint_check import NOWHERE, self_test, stranger_of
from ..remote.faults import DoorRefused, RemoteFault
from ..remote.ssh import Connection
from .hosts import control_file, endpoint_file, host_of
from .steps.connect import refusal_reason


def install_tokens(pk):
    """Make one installation hold exactly the valid tokens of its environment, and confirm each.

    Of several at once, the one that began last has the word: the server refuses what an older
    one sends after it, and an older one writes nothing about what the server holds.
    """
    installation, tokens = _begin(pk)
    noun = "token" if len(tokens) == 1 else "tokens"
    sentence = _("the endpoint and {tokens} {noun} on {server}").format(
        tokens=len(tokens), noun=noun, server=installation.server.name)
    audit.record("token.installing", _("About to install {sentence}").format(sentence=sentence),
                 environment=installation.environment, about=installation,
                 outcome=AuditEntry.INTENDED,
                 tokens=[token.public_id for token in tokens])
    try:
        _send(installation, tokens)
    except (RemoteFault, StepFailed) as fault:
        _end(installation, tokens, sentence, problem=str(fault))
    else:
        _end(installation, tokens, sentence)


@transaction.atomic
def _begin(pk):
    """Return the installation with its number raised, and then its tokens: a higher number never
    goes with an older list.

    The number is at least the time (ms), so that an installation made anew, or a database that
    was restored from a backup, is not below what the server has seen.
    """
    rows = Installation.objects.filter(pk=pk)
    rows.update(token_generation=Greatest(F("token_generation") + 1, time.time_ns() // 10**6))
    installation = rows.select_related("server__ssh_key", "environment__project").get()
    tokens = Token.objects.valid(timezone.now()).filter(environment=installation.environment)
    if not installation.is_active:  # it forgets what has ended, and gets nothing new
        tokens = tokens.filter(
            installs__installation=installation, installs__state=TokenInstall.INSTALLED)
    return installation, list(tokens)


@transaction.atomic
def _end(installation, tokens, sentence, *, problem=""):
    """Write down what the server holds now, or why that is not known; the outcome in any case."""
    environment, word = installation.environment, "token.installed"
    is_newest = Installation.objects.select_for_update(no_key=True).filter(
        pk=installation.pk, token_generation__lte=installation.token_generation).first()
    if not is_newest:
        audit.record(word, _("Left {sentence} to a newer task").format(
            sentence=sentence), environment=environment,
                     about=installation)
    elif problem:
        installation.token_installs.exclude(state=TokenInstall.REMOVED).update(problem=problem)
        audit.record(word, _("Failed to install {sentence}: {problem}").format(
            sentence=sentence, problem=problem), environment=environment,
                     about=installation, outcome=AuditEntry.FAILED)
    else:
        _confirm(installation, tokens)
        audit.record(word, _("Installed {sentence}").format(sentence=sentence),
                     environment=environment, about=installation)


def keys_json(tokens, *, control_name, endpoint_php):
    """Return what `door/keys.json` holds: only servers read it, PHP's group may."""
    return json.dumps({
        "control": control_name,
        "endpoint_sha256": hashlib.sha256(endpoint_php.encode()).hexdigest(),
        "tokens": [row for token in tokens for row in _rows(token)],
    })


def _rows(token):
    """The token and its stranger, which the self-test needs (see remote/endpoint_check.py)."""
    stranger_id, stranger_key = stranger_of(token.public_id, token.key)
    row = {"id": token.public_id, "key": token.key, "networks": lines_of(token.networks),
           "scope": token.scope,
           "not_after": int(token.expires_at.timestamp()) if token.expires_at else None}
    return row, {**row, "id": stranger_id, "key": stranger_key, "networks": [NOWHERE]}


def _send(installation, tokens):
    control_name, control_php = control_file()
    endpoint_php = endpoint_file()
    keys = keys_json(tokens, control_name=control_name, endpoint_php=endpoint_php)
    with Connection.open(host_of(installation.server)) as connection:
        result = connection.run_script(
            "door.sh", installation.root, installation.token_generation, installation.web_group,
            endpoint_php, keys, control_name, control_php, timeout_s=60)
        if not result.ok:
            raise StepFailed(
                f"{installation.server.name}: {result.stderr.strip() or result.last_line}")
        if tokens and installation.is_active and installation.php_door == Installation.ENDPOINT:
            _test(installation, tokens[0], connection)


def _test(installation, token, connection):
    """The endpoint as just installed refuses what it must, in every pool."""
    plan = build_plan("reload", installation.environment, Release(),
                      installations=[installation.pk])
    target = plan.targets[0]
    site = Site(target, host=plan.site_host, public_folder="", connection=connection,
                release_name="", ca_file=settings.SITE_CA_FILE)
    for pool in target.pools:
        try:
            self_test(site.call(), pool.endpoint_path, token.public_id, token.key)
        except DoorRefused as fault:
            why = refusal_reason(connection, installation.root, fault.request)
            if fault.request:
                Token.objects.filter(pk=token.pk).update(
                    last_refused_at=timezone.now(), last_refused_why=(why or str(fault))[:300])
            raise StepFailed(f"{fault} {why}".strip()) from fault


def _confirm(installation, tokens):
    now = timezone.now()
    for token in tokens:
        TokenInstall.objects.update_or_create(
            token=token, installation=installation,
            defaults={"state": TokenInstall.INSTALLED, "confirmed_at": now, "problem": ""})
    installation.token_installs.exclude(token__in=tokens).update(
        state=TokenInstall.REMOVED, confirmed_at=now, problem="")
