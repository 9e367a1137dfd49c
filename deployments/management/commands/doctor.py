"""Have the doctor look at installations, and say what it found, from the terminal."""

from django.conf import settings

from ... import policy
from ...errors import Refused
from ...models import Environment, Project
from ...services import checkups
from ...services.watching import wait_for_answers
from ..speaking import DONE, FAILED, TIMED_OUT, Answer, NotThere, SpokenCommand, seconds

SIGNS = {"blocks": "✗", "warns": "!", "fine": "✓"}


class Command(SpokenCommand):
    help = ("Examine the installations of an environment, of a project or of all that you may "
            "look at, and say what to change. Exit code 1: something blocks a release.")

    def add_own_arguments(self, parser):
        parser.add_argument("project", nargs="?", help="The project's short name; all without it.")
        parser.add_argument("environment", nargs="?",
                            help="The environment's short name; all without it.")
        parser.add_argument(
            "--limit", type=seconds, metavar="SECONDS", dest="limit_s", default=120,
            help="How long to wait at most.")

    def act(self, actor, options):
        environments = _environments(actor, options["project"], options["environment"])
        rows, refused = [], None
        for environment in environments:
            try:
                rows += checkups.ask(actor, environment)
            except Refused as refusal:
                if options["environment"]:
                    raise
                refused = refusal
                self.progress(f"{environment}: {refusal}")
        if not rows:
            raise refused or NotThere("There is nothing to examine.")
        rows = wait_for_answers(rows, limit_s=options["limit_s"])
        for row in rows:
            self._tell(row)
        return _answer(rows)

    def _tell(self, row):
        place = row.installation
        self.progress(f"\n{place.environment} on {place.server}, {place.root}")
        if row.answered_at is None:
            self.progress("  No worker has answered.")
        elif row.problem:
            self.progress(f"  ✗ It could not be examined: {row.problem}")
        for found in row.findings:
            self.progress(f"  {SIGNS[found['level']]} {found['title']}\n    {found['why']}")
            if found["todo"]:
                self.progress(f"    What to do: {found['todo']}")
            for line in found["lines"]:
                self.progress(f"        {line}")
        for line in row.changes:
            self.progress(f"  Different from what was accepted last: {line}")
        if row.answered_at and not row.problem:
            self.progress(f"  Strategy: {place.strategy}. Advised: {row.choice or 'none'}. "
                          f"{row.reason}")


def _answer(rows):
    """The Answer: what blocks decides about the exit code, and what is unanswered before it."""
    facts = {"installations": [_facts(row) for row in rows]}
    silent = [row for row in rows if row.answered_at is None]
    blocked = [row for row in rows if row.answered_at and checkups.what_blocks(row)]
    if silent:
        return Answer(TIMED_OUT, f"{len(silent)} of {len(rows)} installations were not examined "
                      "in time: workers are busy, or `manage.py worker` is not running.", facts)
    if blocked:
        return Answer(FAILED, f"Something blocks a release on {len(blocked)} of {len(rows)} "
                              "installations.", facts)
    noun = "installation" if len(rows) == 1 else "installations"
    return Answer(DONE, f"{len(rows)} {noun} examined; nothing blocks a release.", facts)


def _facts(row):
    place = row.installation
    path = f"/doctor/{place.environment.project.slug}/{place.environment.slug}/"
    return {
        "project": place.environment.project.slug, "environment": place.environment.slug,
        "server": place.server.name, "root": place.root, "strategy": place.strategy,
        "is_answered": row.answered_at is not None, "problem": row.problem,
        "choice": row.choice, "reason": row.reason, "verdicts": row.verdicts,
        "findings": row.findings, "changes": row.changes, "facts": row.facts,
        "address": f"{settings.BASE_URL.rstrip('/')}/admin{path}",
    }


def _environments(actor, project_slug, environment_slug):
    """The environments that were named and may be looked at; NotThere lists what there is."""
    projects = [row for row in Project.objects.order_by("slug") if policy.may_look(actor, row)]
    if project_slug:
        named = [row for row in projects if row.slug == project_slug]
        if not named:
            raise NotThere(f"There is no project “{project_slug}” that you may look at. "
                           f"{_there_are([row.slug for row in projects])}")
        projects = named
    rows = list(Environment.objects.filter(project__in=projects).select_related("project"))
    if environment_slug:
        named = [row for row in rows if row.slug == environment_slug]
        if not named:
            whose = str(projects[0]) if project_slug else "What you may look at"
            raise NotThere(f"{whose} has no environment “{environment_slug}”. "
                           f"{_there_are([row.slug for row in rows])}")
        rows = named
    return rows


def _there_are(names):
    return f"There are: {', '.join(names)}." if names else "There are none yet."
