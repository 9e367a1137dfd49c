"""What a project runs, as one value: read from its rows, written back, shown with secrets masked.

`content_of` is what an edit of commands keeps (with the secrets, so it is stored encrypted);
`shown` is the same as lines that people compare.
"""

import unicodedata
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from .. import audit
from ..errors import Refused
from ..models import BuildVariable, CheckPage, Project, Server, ServerCommand, SshKey
from ..models.fields import lines_of

COLUMNS = ("repository_url", "deploy_key_id", "git_user", "git_password", "subdirectory",
           "builder_id", "build_commands", "commands_need_second")
"""Columns of the project that are code."""

FIELDS = tuple(name.removesuffix("_id") for name in COLUMNS)
"""The same as a form names them."""

_VARIABLE = ("name", "value", "is_secret")
_COMMAND = ("moment", "runs_on", "command", "limit_s", "restarts", "is_irreversible", "position")


def content_of(project):
    """Return what the rows say now: columns, `variables`, `commands`, `headers` of check pages."""
    row = Project.objects.values(*COLUMNS).get(pk=project.pk)
    commands = ServerCommand.objects.filter(project=project)
    pages = CheckPage.objects.filter(project=project).exclude(headers="").order_by("pk")
    return {
        **row,
        "variables": list(BuildVariable.objects.filter(project=project).values(*_VARIABLE)),
        "commands": list(commands.values(*_COMMAND)),
        "headers": [{"page": page.pk, "headers": page.headers} for page in pages],
    }


def write(project, content):
    """Make the rows say `content`; Refused where a key or server it names is not there any more.

    Headers of a check page that is not there any more are left out.
    """
    for model, name in ((SshKey, "deploy_key_id"), (Server, "builder_id")):
        if content[name] and not model.objects.filter(pk=content[name]).exists():
            raise Refused(_("The key or the server that this edit names is not there any more."),
                          _("Edit the project's form instead."))
    Project.objects.filter(pk=project.pk).update(**{name: content[name] for name in COLUMNS})
    now = content_of(project)
    for model, part in ((BuildVariable, "variables"), (ServerCommand, "commands")):
        if now[part] != content[part]:
            model.objects.filter(project=project).delete()
            for row in content[part]:
                model.objects.create(project=project, **row)
    pages = CheckPage.objects.filter(project=project)
    kept = {row["page"]: row["headers"] for row in content["headers"]}
    for page in pages:
        if page.headers != kept.get(page.pk, ""):
            pages.filter(pk=page.pk).update(headers=kept.get(page.pk, ""))


def shown(content):
    """Return {heading: lines} for people: secrets as fingerprints, no invisible characters."""
    key = SshKey.objects.filter(pk=content["deploy_key_id"]).first()
    builder = Server.objects.filter(pk=content["builder_id"]).first()
    second = _("wait for a second person") if content["commands_need_second"] else _("count at "
                                                                                     "once")
    parts = {
        "Repository": [content["repository_url"]],
        "Deploy key": [str(key)] if key else [],
        "Git user": [content["git_user"]],
        "Git password": [audit.fingerprint(content["git_password"])],
        "Folder in the repository": [content["subdirectory"]],
        "Builder": [str(builder)] if builder else [_("the release manager's own machine")],
        "Build commands": lines_of(content["build_commands"]),
        "Build variables": [_variable(row) for row in content["variables"]],
        "Commands on servers": [_command(row) for row in content["commands"]],
        "Headers of check pages": [line for row in content["headers"] for line in _headers(row)],
        "Edits": [second],
    }
    return {name: [visible(line) for line in lines if line] for name, lines in parts.items()}


def differences(before, after):
    """Yield (heading, [(sign, line)]) where two `shown` differ; the sign is "-", "+" or " "."""
    for name in {**before, **after}:
        old, new = before.get(name, []), after.get(name, [])
        if old != new:
            yield name, list(_signed(old, new))


def _signed(old, new):
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            yield from ((" ", line) for line in old[a:b])
        else:
            yield from (("-", line) for line in old[a:b])
            yield from (("+", line) for line in new[c:d])


def visible(text):
    r"""The text with each control and each character that turns or hides others as \u202e."""
    return "".join(f"\\u{ord(char):04x}" if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")
                   else char for char in text)


def _variable(row):
    value = audit.fingerprint(row["value"]) if row["is_secret"] else row["value"]
    return f"{row['name']}={value}"


def _command(row):
    moment = dict(ServerCommand._meta.get_field("moment").choices)[row["moment"]]
    where = dict(ServerCommand._meta.get_field("runs_on").choices)[row["runs_on"]]
    more = _("; restarts {restarts}").format(restarts=row["restarts"]) if row["restarts"] else ""
    more += _("; cannot be undone") if row["is_irreversible"] else ""
    return _("{command} ({moment}, {where}, at most {limit_s} s{more})").format(
        command=row["command"], moment=moment, where=where, limit_s=row["limit_s"], more=more)


def _headers(row):
    path = CheckPage.objects.filter(pk=row["page"]).values_list("path", flat=True).first()
    page = path or _("a page that is gone")
    for line in lines_of(row["headers"]):
        name, __, value = line.partition(":")
        yield f"{page}: {name}: {audit.fingerprint(value.strip())}"
