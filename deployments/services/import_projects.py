"""Projects out of a CSV: its columns, and what each row would make."""


from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Environment, Project, ServerCommand, SshKey
from . import presets
from .csv_text import Column
from .free_names import slug_of
from .import_checks import Line, missing, parts_of
from .repository_addresses import validate_repository_url

COLUMNS = (
    Column("name", _lazy("As people call it."), "Webshop", True),
    Column("slug", _lazy("Short name for addresses: small letters, digits, dashes. Empty: made "
                         "from the name."), "webshop"),
    Column("repository_url", _lazy("Where its code is, without user and password."),
           "https://git.example/team/webshop.git", True),
    Column("kind", _lazy("plain, wordpress, laravel, symfony or drupal: fills in folders and "
                         "commands. Empty: plain."), "laravel"),
    Column("deploy_key", _lazy("Name of an SSH key that is there. Empty: a new one where the "
                               "address is read over SSH.")),
    Column("git_user",
           _lazy("For a private https repository; its token is typed into the form later.")),
    Column("subdirectory",
           _lazy("Folder of the application in the repository, if it is not its top.")),
    Column("public_folder", _lazy("Folder the web server serves. Empty: what the kind says.")),
    Column("environments", _lazy("Name=host, with | in between."),
           "Staging=staging.shop.example | Production=shop.example"),
)


def lines(rows):
    """A `Line` for each row of the sheet."""
    names = dict(Project.objects.values_list("name", "slug"))
    slugs = {slug: name for name, slug in names.items()}
    keys = {key.name: key for key in SshKey.objects.defer("private_key", "passphrase")}
    seen = {}
    for number, values in rows:
        values = {column.name: values.get(column.name, "") for column in COLUMNS}
        line = Line(number, values["name"])
        if values["name"] in names:
            line.skipped = _("It is there already.")
        else:
            _fill(line, values, keys)
            _once(line, seen, slugs)
        yield line


def _fill(line, values, keys):
    empty = missing(line, values, COLUMNS)
    kind = presets.of_key(values["kind"].lower() or "plain")
    if kind is None:
        known = ", ".join(each.key for each in presets.all())
        line.wrong("kind", _("Write one of {known}.").format(known=known))
        kind = presets.of_key("plain")
    fields = {**kind.fields, **{name: values[name] for name in (
        "name", "repository_url", "git_user", "subdirectory")}}
    if values["public_folder"]:
        fields["public_folder"] = values["public_folder"]
    line.row = project = Project(slug=values["slug"] or slug_of(values["name"]), **fields)
    if values["deploy_key"]:
        project.deploy_key = keys.get(values["deploy_key"])
        if project.deploy_key is None:
            line.wrong("deploy_key", _("There is no SSH key “{deploy_key}”.").format(
                deploy_key=values["deploy_key"][:60]))
    if "repository_url" not in empty:
        try:
            validate_repository_url(project.repository_url)
        except ValidationError as problem:
            line.wrong("repository_url", problem.messages[0])
    # Without a name there is nothing to make the short one of: that is told once.
    line.check(project, {}, exclude=["deploy_key", *empty, *(() if project.slug else ("slug",))]
               if "name" in empty else ["deploy_key", *empty])
    line.parts = [*_environments(line, project, values["environments"]),
                  *(ServerCommand(project=project, position=position, **command)
                    for position, command in enumerate(kind.commands))]
    line.words = _words(kind, line.parts)


def _environments(line, project, text):
    names = set()
    for position, part in enumerate(parts_of(text)):
        name, __, host = (each.strip() for each in part.partition("="))
        row = Environment(project=project, name=name, slug=slug_of(name), site_host=host,
                          position=position)
        if not name or not host:
            line.wrong("environments", _("Write each as Name=host, like Production=shop.example."))
            continue
        if row.slug in names:
            line.wrong("environments", _("“{name}” stands there twice.").format(name=name[:40]))
        names.add(row.slug)
        line.check(row, dict.fromkeys(("name", "slug", "site_host"), "environments"),
                   exclude=["project"])
        yield row


def _once(line, seen, slugs):
    """Neither another row nor another project has its names."""
    row = line.row
    if row.slug in slugs:
        line.wrong("slug",
                   _("“{slug}” is the project “{slugs}” already: write another one.").format(
                       slug=row.slug, slugs=slugs[row.slug]))
    for column in ("name", "slug"):
        value = getattr(row, column)
        earlier = seen.setdefault((column, value), line.number)
        if value and earlier != line.number:
            line.wrong(column, _("“{word}” stands in row {earlier} already.").format(
                word=value, earlier=earlier))


def _words(kind, parts):
    places = [row.name for row in parts if isinstance(row, Environment)]
    named = ", ".join(places) or _("no environment yet")
    return f"{kind.label}; {named}"
