"""What every command has: who speaks for whom, sentences or one JSON object, and exit codes.

    0  done, or accepted when it does not wait
    1  it failed, or went back by itself
    2  wrong arguments, or there is no such thing
    3  refused; nothing was changed
    4  needs a decision: `manage.py decide ID finish|put-back`
    5  timed out waiting; what was asked for goes on
"""

import json
import math
import os
import pwd
import sys
from argparse import ArgumentTypeError, BooleanOptionalAction
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.urls import reverse

from .. import audit
from ..audit import request_ids
from ..errors import Refused
from ..models import AuditEntry, Environment, Project, Release
from ..policy import Actor
from ..services.line import turn_words
from ..services.watching import wait_for_end

DONE, FAILED, WRONG, REFUSED, NEEDS_DECISION, TIMED_OUT = range(6)
_OUTCOMES = ("done", "failed", "wrong", "refused", "needs_decision", "timed_out")


@dataclass(frozen=True)
class Answer:
    """What a command says last: `sentence` for people, `facts` beside it in JSON."""

    code: int
    sentence: str
    facts: dict = field(default_factory=dict)


class NotThere(Exception):
    """The arguments name something that does not exist, or cannot be read: write them anew."""


class SpokenCommand(BaseCommand):
    """A command that speaks for a person; subclasses write `act(actor, options) -> Answer`."""

    def add_arguments(self, parser):
        parser.add_argument(
            "--as", dest="speak_for", metavar="USER",
            help="Speak for this user; SYSTEM_ACCOUNTS says whom you may speak for.")
        parser.add_argument("--json", action="store_true", dest="is_json",
                            help="Print one JSON object instead of sentences.")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser):
        """Further arguments of the command."""

    def act(self, actor, options):
        raise NotImplementedError

    def handle(self, *args, **options):
        self.is_json = options["is_json"]
        try:
            with request_ids.begun("command"):
                answer = self.act(speaker(options["speak_for"]), options)
        except Refused as refusal:
            answer = Answer(REFUSED, str(refusal),
                            {"reason": refusal.reason, "remedy": refusal.remedy})
        except NotThere as problem:
            answer = Answer(WRONG, str(problem))
        except DatabaseError as problem:
            answer = Answer(FAILED, f"The database cannot be used ({problem}). Is it there, and "
                                    "has `manage.py migrate` been run since the last update?")
        self._say(answer)
        if answer.code:
            sys.exit(answer.code)

    def progress(self, sentence):
        """Say something on the way; with --json, standard output stays one object."""
        (self.stderr if self.is_json else self.stdout).write(sentence)

    def _say(self, answer):
        if self.is_json:
            self.stdout.write(json.dumps({
                "exit_code": answer.code, "outcome": _OUTCOMES[answer.code],
                "sentence": answer.sentence, **answer.facts}))
        if answer.code:
            self.stderr.write(answer.sentence)
        elif not self.is_json:
            self.stdout.write(answer.sentence)


def system_account():
    """Name of the unix account this process runs as."""
    return pwd.getpwuid(os.geteuid()).pw_name


def console():
    """The Actor for what is done on the machine and speaks for nobody."""
    return Actor(user=None, system_account=system_account())


def speaker(name=None):
    """The Actor for `--as NAME`, by default the only user the unix account may speak for."""
    account = system_account()
    allowed = [user for user in settings.SYSTEM_ACCOUNTS.get(account, "").split("+") if user]
    if name is None and len(allowed) == 1:
        name = allowed[0]
    if name not in allowed:
        whom = name or "nobody in particular"
        reason = f"System account {account} may not speak for {whom}."
        audit.record("command.refused", reason, actor=console(), outcome=AuditEntry.REFUSED,
                     reason=reason)
        raise Refused(reason, "Say --as USER, one that SYSTEM_ACCOUNTS allows "
                              f"({', '.join(allowed) or 'none yet'}).")
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise NotThere(f"There is no user “{name}”.")
    return Actor(user=user, system_account=account)


def find_project(slug):
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise NotThere(f"There is no project “{slug}”.")
    return project


def find_environment(project, slug):
    row = Environment.objects.select_related("project").filter(project=project, slug=slug).first()
    if row is None:
        raise NotThere(f"{project} has no environment “{slug}”.")
    return row


def find_release(project, name):
    release = Release.objects.select_related("project").filter(project=project, name=name).first()
    if release is None:
        raise NotThere(f"{project} has no release “{name}”.")
    return release


def add_place(parser):
    """The two arguments that name an environment."""
    parser.add_argument("project", help="The project's short name.")
    parser.add_argument("environment", help="The environment's short name.")


def seconds(text):
    """A number of seconds; ArgumentTypeError for what would be waited for ever, or never."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ArgumentTypeError(f"“{text}” is no number of seconds, 0 or more")
    return value


def add_waiting(parser, *, default=False):
    parser.add_argument("--wait", action=BooleanOptionalAction, default=default,
                        help="Wait for the end, and print the log meanwhile.")
    parser.add_argument(
        "--limit", type=seconds, metavar="SECONDS", dest="limit_s",
        default=float(settings.BUILD_LIMIT_S + settings.DEPLOYMENT_LIMIT_S),
        help="How long to wait at most.")


def follow(command, deployment, options):
    """The Answer about a deployment that was asked for: at once, or when it has ended."""
    if not options["wait"]:
        turn = f"{turn_words(deployment)} " if deployment.status == "waiting_turn" else ""
        sentence = (f"{deployment.requested_by_name} asked to {deployment}: {deployment.words}. "
                    f"{turn}Number {deployment.pk}, {address_of(deployment)}")
        return Answer(DONE, sentence, facts_of(deployment))
    is_over = wait_for_end(
        deployment, limit_s=options["limit_s"],
        on_line=lambda line: command.progress(f"{line.server_name or '-'} {line.text}"))
    result = deployment.result if is_over else "It goes on; nobody waits for it any more."
    return Answer(code_of(deployment), f"{deployment}: {deployment.words}. {result}".strip(),
                  facts_of(deployment))


def code_of(deployment):
    """The exit code that a deployment's state means."""
    if deployment.needs_a_person:
        return NEEDS_DECISION
    if deployment.is_open:
        return TIMED_OUT
    return DONE if deployment.status == "succeeded" else FAILED


def address_of(deployment):
    path = reverse("admin:deployment-progress", args=[deployment.pk])
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def facts_of(deployment):
    """A deployment for machines."""
    return {
        "deployment": deployment.pk, "kind": deployment.kind, "status": deployment.status,
        "words": str(deployment.words), "release": deployment.release.name,
        "commit": deployment.release.commit_sha, "requested_by": deployment.requested_by_name,
        "address": address_of(deployment), "result": deployment.result,
        "servers": {target.server_name: target.status for target in deployment.targets.all()},
    }
