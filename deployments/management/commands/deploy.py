"""Release a version from the terminal, now or later.

There is no emergency by command: who releases without anybody's yes shows by a fresh sign-in who
they are, and a command cannot.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.crypto import get_random_string

from ... import policy
from ...models import Release
from ...models.fields import lines_of
from ...plan import build_plan
from ...services.acting import acting, demand
from ...services.deployments import ready_releases, request_deployment
from ...services.planned import slot
from ...services.recipe import built_today
from ...services.releases import resolve
from ...services.watching import wait_for_source
from ..speaking import (
    DONE,
    FAILED,
    TIMED_OUT,
    Answer,
    NotThere,
    SpokenCommand,
    add_place,
    add_waiting,
    find_environment,
    find_project,
    find_release,
    follow,
)

SOURCE_LIMIT_S = 30


class Command(SpokenCommand):
    help = "Ask for a version to be made live; by default the newest one that is built."

    def add_own_arguments(self, parser):
        add_place(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--ref", help="Branch, tag or commit, as the git host has it now.")
        what.add_argument("--release", metavar="NAME", help="A version that is built already.")
        parser.add_argument("--plan", action="store_true",
                            help="Only say what would be done, and ask for nothing. With --ref "
                                 "the list of versions is read anew all the same.")
        parser.add_argument("--reason", default="", help="Why now; kept in the audit log.")
        parser.add_argument("--checked", action="store_true",
                            help="Everything on the project's checklist is done.")
        parser.add_argument("--at", metavar="TIME",
                            help="Release later, like 2026-11-30T08:00; a time without its own "
                                 "offset is of TIME_ZONE.")
        parser.add_argument("--until", metavar="TIME",
                            help="With --at: the latest start, by default an hour after it.")
        add_waiting(parser)

    def act(self, actor, options):
        project = find_project(options["project"])
        environment = find_environment(project, options["environment"])
        with acting(actor, "deployment.requested", environment=environment):
            demand(policy.may_look(actor, project))
        ref = options["ref"]
        problem = self._read_source(project, ref) if ref else None
        if problem:
            return problem
        doing = "deployment.planned" if options["plan"] else "deployment.requested"
        with acting(actor, doing, environment=environment):
            release = self._built(project, ref) if ref else \
                self._release(project, options["release"])
            if options["plan"]:
                return _plan(environment, release or _unbuilt(project, ref))
            later = _slot(options["at"], options["until"])
        deployment = request_deployment(
            actor, environment, request_key=get_random_string(32), release=release,
            ref=ref or "", reason=options["reason"], slot=later,
            ticked=lines_of(project.checklist) if options["checked"] else ())
        return follow(self, deployment, options)

    def _read_source(self, project, ref):
        """The Answer that ends the command when the git host could not be read; else None."""
        if not wait_for_source(project, limit_s=SOURCE_LIMIT_S):
            return Answer(TIMED_OUT, (
                f"No worker has read the git host within {SOURCE_LIMIT_S} s: they are busy, or "
                "`manage.py worker` is not running. Nothing was asked for."))
        if project.source_problem:
            return Answer(FAILED, f"The versions of {project} could not be read: "
                                  f"{project.source_problem} Nothing was asked for.")
        return None

    def _built(self, project, ref):
        """The release that holds what `ref` names now, built as it would be; None: build it."""
        built = built_today(project, resolve(project, ref))
        if built:
            self.progress(f"Built already: {built.title} ({built.name}).")
        return built

    def _release(self, project, name):
        if name:
            return find_release(project, name)
        newest = ready_releases(project).first()
        if newest is None:
            raise NotThere(f"{project} has no version that is built. Say --ref BRANCH.")
        self.progress(f"The newest version that is built: {newest.title} ({newest.name}).")
        return newest


def _slot(start, last):
    """The `Slot` of --at and --until; None: as soon as it can be."""
    if not start:
        if last:
            raise NotThere("Say --at TIME, too: --until is the latest start of what is planned.")
        return None
    return slot(_moment(start), _moment(last) if last else None)


def _moment(text):
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise NotThere(f"“{text}” is no time. Write it like 2026-11-30T08:00.") from None
    return local if local.tzinfo else timezone.make_aware(local)


def _unbuilt(project, ref):
    """The release that `ref` would become; never saved."""
    return Release(project=project, name="(not built yet)", commit_sha=resolve(project, ref),
                   ref=ref, file_epoch=0)


def _plan(environment, release):
    plan = build_plan("deploy", environment, release)
    needed = [rule.people_needed for rule in policy.rules_of(environment)]
    agreement = [f"Needs {' and '.join(map(str, needed))} to agree first"] if needed else []
    return Answer(DONE, "\n".join([*plan.lines(), *agreement]),
                  {"plan": _printable(plan.as_json()), "plan_hash": plan.hash,
                   "people_needed": max(needed, default=0)})


def _printable(saved):
    """The plan without the values of its check pages' headers, which can hold a password."""
    pages = [page | {"headers": [f"{line.partition(':')[0]}: …" for line in page["headers"]]}
             for page in saved["pages"]]
    return saved | {"pages": pages}
