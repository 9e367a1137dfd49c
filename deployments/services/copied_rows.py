"""What a copy of a project's set-up is made of: new rows, not saved yet, and what stays behind.

Nothing that is secret, and nothing that happened, is copied.
"""

import hashlib
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Grant, Installation, Project
from .repository_addresses import validate_repository_url

_PROJECT = (
    "subdirectory", "public_folder", "builder", "build_commands", "build_limit_s",
    "build_silence_s", "left_out", "shared_files", "created_files", "shared_folders",
    "writable_folders", "asset_folders", "keep_releases", "when_busy", "checklist",
    "ticket_address", "commands_need_second")
_NOT_OF_ENVIRONMENT = ("id", "project", "site_host", "comes_after", "fence")
_NOT_OF_PLACE = ("id", "environment", "root", "token_generation")


@dataclass(frozen=True)
class Wanted:
    """What the copy is called, and what comes along: `hosts` by the environment's slug and `roots`
    by the installation's key; one that is not there is left out."""

    name: str
    slug: str
    repository_url: str
    hosts: dict = field(default_factory=dict)
    roots: dict = field(default_factory=dict)
    with_entries: bool = False


@dataclass
class Copied:
    """The new rows in the order in which they are saved; `environments` and `places` are (old, new)
    pairs, `entries` those of the allowlist to write anew. `problems` are (field, sentence)."""

    project: Project
    rows: list = field(default_factory=list)
    environments: list = field(default_factory=list)
    places: list = field(default_factory=list)
    uses: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    left_behind: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    @property
    def digest(self):
        """What tells this copy from any other: it changes when the project copied from does."""
        news = [self.project, *self.rows, *(new for __, new in self.environments),
                *(new for __, new in self.places), *self.uses]
        said = [[(each.attname, str(getattr(row, each.attname)))
                 for each in row._meta.concrete_fields] for row in news]
        rules = [[(str(rule), rule.people_needed, rule.spares_going_back,
                   sorted(rule.users.values_list("pk", flat=True)),
                   sorted(rule.groups.values_list("pk", flat=True)))
                  for rule in old.approval_rules.all()] for old, __ in self.environments]
        entries = [(entry.pk, str(entry)) for entry in self.entries]
        return hashlib.sha256(repr([said, rules, entries]).encode()).hexdigest()


def build(source, wanted, user):
    """Return what a copy for `user` would be; nothing is saved."""
    project = Project(name=wanted.name, slug=wanted.slug, repository_url=wanted.repository_url,
                      **{name: getattr(source, name) for name in _PROJECT})
    copied = Copied(project)
    _check_project(copied)
    _commands(copied, source)
    _environments(copied, source, wanted.hosts)
    _places(copied, wanted.roots)
    if wanted.with_entries:
        _entries(copied, source, user)
    return copied


def twin(row, without, **over):
    """The same row once more, not saved, without these fields."""
    same = {each.name: getattr(row, each.name) for each in row._meta.concrete_fields
            if each.name not in without}
    return type(row)(**same | over)


def entry_of(copied, source, old):
    """The entry that is written for one of the project copied from; it names the new one."""
    there = {was.pk: new for was, new in copied.environments}
    return Grant(user=old.user, group=old.group, project=copied.project,
                 environment=there.get(old.environment_id), action=old.action,
                 networks=old.networks, valid_from=old.valid_from, valid_until=old.valid_until,
                 reason=_("Copied from {source}: {reason}").format(
                     source=source.name, reason=old.reason)[:300])


def _check_project(copied):
    project = copied.project
    try:
        validate_repository_url(project.repository_url)
    except ValidationError as problem:
        copied.problems.append(("repository_url", problem.messages[0]))
    try:
        project.clean_fields(exclude=["deploy_key", "builder", "repository_url"])
    except ValidationError as problem:
        copied.problems += [(name, sentences[0]) for name, sentences
                            in problem.message_dict.items()]
    for name, words in (("name", "name"), ("slug", _("short name"))):
        if Project.objects.filter(**{name: getattr(project, name)}).exists():
            copied.problems.append((name, _("A project of this {words} is there already: write "
                                            "another one.").format(words=words)))


def _commands(copied, source):
    project = copied.project
    for row in source.build_variables.all():
        if row.is_secret:
            copied.left_behind.append(_("The secret build variable {row}: type it in.").format(
                row=row.name))
        else:
            copied.rows.append(twin(row, ("id",), project=project))
    copied.rows += [twin(row, ("id",), project=project) for row in source.server_commands.all()]
    for row in source.check_pages.all():
        copied.rows.append(twin(row, ("id", "headers"), project=project))
        if row.headers:
            copied.left_behind.append(_("The headers of the check page {path}: type them "
                                        "in.").format(path=row.path))


def _environments(copied, source, hosts):
    for old in source.environments.all():
        host = hosts.get(old.slug, "")
        if not host:
            copied.left_behind.append(_("The environment {old}: no address is given "
                                        "for it.").format(old=old.name))
            continue
        new = twin(old, _NOT_OF_ENVIRONMENT, project=copied.project, site_host=host)
        _check(copied, f"host-{old.slug}", new, ["project", "comes_after"])
        copied.environments.append((old, new))
    news = {old.pk: new for old, new in copied.environments}
    for old, new in copied.environments:
        new.comes_after = news.get(old.comes_after_id)
        if old.comes_after_id and not new.comes_after:
            copied.left_behind.append(_("That {old} comes after {comes_after}, which is not "
                                        "copied.").format(
                old=old.name, comes_after=old.comes_after.name))


def _places(copied, roots):
    taken = []
    for old_environment, environment in copied.environments:
        for old in old_environment.installations.select_related("server"):
            name, root = f"root-{old.pk}", roots.get(old.pk, "")
            if not root:
                copied.left_behind.append(_("The installation {old}: no folder is given for "
                                            "it.").format(old=old))
                continue
            new = twin(old, _NOT_OF_PLACE, environment=environment, root=root)
            _check(copied, name, new, ["environment"], is_cleaned=True)
            if Installation.objects.filter(server=new.server, root=new.root).exists():
                copied.problems.append((name,
                                        _("{root} carries a site already.").format(root=new.root)))
            if any(_nested(new.root, other) for server, other in taken if server == new.server_id):
                copied.problems.append((name, _("Two sites cannot share a folder: write another.")))
            taken.append((new.server_id, new.root))
            copied.places.append((old, new))
            copied.uses += [twin(use, ("id",), installation=new) for use in old.pool_uses.all()]


def _nested(one, other):
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _check(copied, name, row, exclude, *, is_cleaned=False):
    try:
        row.clean_fields(exclude=exclude)
        if is_cleaned:
            row.clean()
    except ValidationError as problem:
        copied.problems.append((name, problem.messages[0]))


def _entries(copied, source, user):
    """Nobody writes an entry for themselves, nor for a group of theirs."""
    own = set(user.groups.values_list("pk", flat=True))
    environments = {old.pk for old, __ in copied.environments}
    rows = Grant.objects.filter(project=source) | Grant.objects.filter(
        environment__project=source)
    for row in rows.select_related("user", "group", "environment__project", "project").distinct():
        if row.valid_until and row.valid_until <= timezone.now():
            continue
        if row.environment_id and row.environment_id not in environments:
            continue
        if row.user_id == user.pk or row.group_id in own:
            copied.left_behind.append(_("The entry “{row}”: somebody else must write it.").format(
                row=row))
        else:
            copied.entries.append(row)
