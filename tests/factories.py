"""Rows for tests: plain functions, valid by default, every field open to change by its name."""

import base64
import itertools
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from deployments.models import (
    ApprovalRule,
    Commit,
    Deployment,
    Environment,
    Grant,
    Installation,
    InstallationPool,
    PhpPool,
    Project,
    Ref,
    Release,
    Server,
    SshKey,
    Target,
    Token,
    TokenInstall,
)
from deployments.plan import build_plan
from deployments.policy import Actor
from deployments.services.recipe import recipe_of

_numbers = itertools.count(1)
FILE_EPOCH = 1_780_000_000


def actor_for(user, address="127.0.0.1"):
    """The person as policy and services see them: in a browser at `address`, just signed in."""
    return Actor(user=user, address=address, fresh_at=timezone.now())


def make_user(name=None, project=None, *actions, password="", **over):
    """A user with one allowlist entry per action, in all of `project`; by default none."""
    user = get_user_model().objects.create_user(
        name or f"user{next(_numbers)}", password=password or None, **over)
    for action in actions:
        make_grant(user, action, project=project)
    return user


def make_grant(user, action="release", **over):
    """An allowlist entry; without `project` and `environment` it counts everywhere."""
    return Grant.objects.create(user=user, action=action, **over)


def make_project(**over):
    number = next(_numbers)
    fields = {"name": f"Project {number}", "slug": f"project-{number}",
              "repository_url": "https://git.example/team/site.git"}
    return Project.objects.create(**fields | over)


def make_environment(project=None, **over):
    slug = over.pop("slug", None) or f"environment-{next(_numbers)}"
    fields = {"slug": slug, "name": slug.capitalize(), "site_host": "shop.example",
              "witness_rate": 0}  # nobody watches unless a test wants it
    return Environment.objects.create(project=project or make_project(), **fields | over)


def make_key(**over):
    """An SSH key pair in name only: nobody can sign in with it."""
    fields = {"name": f"key {next(_numbers)}", "private_key": "not a key", "public_key": "none"}
    return SshKey.objects.create(**fields | over)


def make_server(name=None, **over):
    """The server called `name`, made when there is none yet (a server exists once)."""
    name = name or f"web-{next(_numbers)}"
    existing = Server.objects.filter(name=name).first()
    if existing:
        return existing
    identity = base64.b64encode(name.encode()).decode()
    fields = {"address": f"{name}.example", "user": "deploy",
              "host_key": f"ssh-ed25519 {identity}"}
    fields["ssh_key"] = over.pop("ssh_key", None) or make_key()
    return Server.objects.create(name=name, **fields | over)


def make_pool(server=None, **over):
    fields = {"name": f"www{next(_numbers)}", "master": "php8.2-fpm"}
    fields |= over
    fields.setdefault("socket", f"/run/php/{fields['name']}.sock")
    return PhpPool.objects.create(server=server or make_server(), **fields)


def make_installation(environment=None, *, server=None, pools=None, **over):
    """An environment on a server, served by one new pool unless `pools` are given."""
    environment, server = environment or make_environment(), server or make_server()
    fields = {"root": f"/srv/{environment.project.slug}-{environment.slug}",
              "strategy": "realpath"}
    installation = Installation.objects.create(
        environment=environment, server=server, **fields | over)
    for pool in [make_pool(server)] if pools is None else pools:
        InstallationPool.objects.create(installation=installation, pool=pool)
    return installation


def make_release(project=None, *, status="ready", **over):
    """A release of its own commit; a ready one has a digest and contents."""
    project = project or make_project()
    number = next(_numbers)
    when = datetime.fromtimestamp(FILE_EPOCH + number, UTC)
    fields = {"name": f"{when:%Y%m%dT%H%M%SZ}-{number}", "commit_sha": f"{number:040x}",
              "label": f"1.{number}.0", "file_epoch": FILE_EPOCH + number, "status": status}
    if status in ("ready", "retired"):
        fields |= {"digest": f"{number:064x}", "built_at": timezone.now(),
                   "contents": {"files": 120, "bytes": 480_000, "recipe": recipe_of(project)}}
    return Release.objects.create(project=project, **fields | over)


_TARGET_STATUS = {"succeeded": "proved", "failed": "skipped", "cancelled": "skipped",
                  "needs_attention": "unknown"}


def make_deployment(environment=None, *, release=None, status="succeeded", requested_by=None,
                    **over):
    """A deployment in `status`, its plan bound, with one target per active installation (on a
    finished one, switched)."""
    environment = environment or make_environment()
    release = release or make_release(environment.project)
    fields = {"kind": "deploy", "request_key": f"request-{next(_numbers)}"} | over
    fields.setdefault("requested_by_name", requested_by.username if requested_by else "somebody")
    if status == "succeeded":
        fields.setdefault("finished_at", timezone.now())
    if status in ("running", "needs_attention"):
        fields.setdefault("lease_until", timezone.now() + timedelta(minutes=1))
    if status == "running":
        fields.setdefault("owner", "worker:1")
    if status not in ("waiting_turn", "waiting_for_build"):
        plan = build_plan(fields["kind"], environment, release)
        fields = {"plan": plan.as_json(), "plan_hash": plan.hash} | fields
    deployment = Deployment.objects.create(
        environment=environment, release=release, status=status, requested_by=requested_by,
        **fields)
    for place in environment.installations.filter(is_active=True).select_related("server"):
        Target.objects.create(deployment=deployment, installation=place,
                              server_name=place.server.name,
                              status=_TARGET_STATUS.get(status, "pending"),
                              switched_at=fields.get("finished_at"))
    return deployment


def make_rule(environment, *approvers, people_needed=1):
    rule = ApprovalRule.objects.create(environment=environment, people_needed=people_needed)
    rule.users.set(approvers)
    return rule


def make_token(environment=None, *, installed_on=(), **over):
    """A valid token, confirmed by each installation of `installed_on`."""
    fields = {"public_id": f"token{next(_numbers)}", "key": "ab" * 32}
    token = Token.objects.create(environment=environment or make_environment(), **fields | over)
    for place in installed_on:
        TokenInstall.objects.create(token=token, installation=place, state="installed",
                                    confirmed_at=timezone.now())
    return token


def make_commits(project, *subjects, ref="main", sort="branch"):
    """A line of commits, oldest first, with `ref` naming the last; returns them."""
    start, parent, commits = timezone.now() - timedelta(days=1), "", []
    for minute, subject in enumerate(subjects or ("First version",)):
        commits.append(Commit.objects.create(
            project=project, sha=f"{next(_numbers):040x}", parents=parent, subject=subject,
            author_name="Ada", authored_at=start + timedelta(minutes=minute)))
        parent = commits[-1].sha
    Ref.objects.update_or_create(
        project=project, name=ref, sort=sort,
        defaults={"sha": parent, "committed_at": commits[-1].authored_at})
    return commits
