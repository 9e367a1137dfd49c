"""Verbs on adopting a live site: look at it, take its shared paths over, take it in as a version.

What is taken in was never released by us: it is recorded as what is live, so that even the first
release has a way back.
"""

import posixpath
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Adoption, AuditEntry, Commit, Deployment, Project, Release, Target
from ..models.fields import lines_of
from ..models.installation import validate_root
from ..waves import joined
from . import releases
from .acting import acting, demand, hold
from .adoption_plan import entries_of, plan_of
from .adoption_words import LABEL
from .path_rules import SHARED, entry_problems
from .whereabouts import data_folder

LOST_AFTER = timedelta(minutes=40)
"""No lease holds a look or a taking in: one that has not ended by then may be asked for anew."""
KEPT = 20
"""Looks of one environment that are kept."""
RESULT = _lazy("Found live on {servers} when the site was adopted: recorded, not released by us.")


def newest(environment):
    """The newest Adoption there, or None."""
    return environment.adoptions.select_related("deployment__release__project").first()


def is_looked_at(row):
    """Whether an answer is still to be expected; None: it came, or never will."""
    if row.looked_at:
        return None
    return row.asked_at > timezone.now() - LOST_AFTER


def is_taken_in(row):
    """Whether it is being taken in; None: nobody asked, or it is over; False: nobody answered."""
    if row.wanted_at is None or row.deployment_id:
        return None
    return row.wanted_at > timezone.now() - LOST_AFTER


def ask(actor, environment, folder=""):
    """Have all servers of the environment looked at; return the Adoption.

    `folder`, where the site lies, takes the right to edit commands: any folder could be named.
    """
    with acting(actor, "adoption.asked", environment=environment):
        demand(policy.may_set_up(actor, environment.project))
        folder = _checked(actor, environment, folder.strip())
        hold(environment)
        _demand_nothing_of_ours(environment)
        if not environment.installations.filter(is_active=True).exists():
            raise Refused(_("{environment} has no server yet.").format(
                environment=environment.name), _("Add an installation first."))
        row = newest(environment)
        if row and ((is_looked_at(row) and row.folder == folder) or is_taken_in(row)):
            return row
        row = Adoption.objects.create(environment=environment, folder=folder,
                                      asked_by_name=actor.name)
        where = _(" in {folder}").format(folder=folder) if folder else ""
        audit.record("adoption.asked", _("{actor} had the servers of {environment} looked at for a "
                                         "site to adopt{where}").format(
            actor=actor.name, environment=environment, where=where),
                     actor=actor, environment=environment,
                     folder=folder)
        queue.wake(queue.LOOK_TO_ADOPT, row.pk)
        _forget(environment)
        return row


def adopt(actor, environment, pk):
    """Ask for what the look `pk` found to be taken in as a version; return the Adoption."""
    with acting(actor, "adoption.requested", environment=environment):
        demand(policy.may_set_up(actor, environment.project))
        hold(environment)
        row = newest(environment)
        if row is None or row.pk != pk or row.looked_at is None:
            raise Refused(_("Somebody looked again meanwhile."),
                          _("Read what was found, then adopt."))
        _demand_nothing_of_ours(environment)
        if row.deployment_id:
            raise Refused(_("{release} is taken in already.").format(
                release=row.deployment.release.title),
                          _("Look again first if the old tool deployed since."))
        if is_taken_in(row):
            return row
        hindrances = plan_of(row).hindrances
        if hindrances:
            raise Refused(str(hindrances[0]), hindrances[0].todo)
        Adoption.objects.filter(pk=row.pk).update(
            wanted_by=actor.user, wanted_by_name=actor.name, wanted_at=timezone.now(), problem="")
        audit.record("adoption.requested",
                     _("{actor} asked to adopt what is live in {environment}").format(
                         actor=actor.name, environment=environment),
                     actor=actor, environment=environment, adoption=row.pk)
        queue.wake(queue.TAKE_IN, row.pk)
        row.refresh_from_db()
        return row


def take_over(actor, environment, pk, *, with_assets=False):
    """Add the shared and writable paths that the look `pk` found to the project's fields, and
    `with_assets` the folders that look like built ones; return how many were added."""
    project = environment.project
    with acting(actor, "project.changed", project=project):
        demand(policy.may_set_up(actor, project))
        hold(project)
        row = newest(environment)
        if row is None or row.pk != pk or row.looked_at is None:
            raise Refused(_("Somebody looked again meanwhile."), _("Read what was found first."))
        row.environment.project = project
        plan = plan_of(row)
        ticked = {"asset_folders": plan.assets} if with_assets and plan.assets else {}
        found = plan.proposals | ticked
        before = {name: getattr(project, name) for name in found}
        after = {name: "\n".join([*lines_of(text), *found[name]])
                 for name, text in before.items()}
        _demand_that_they_fit(project, after)
        if after:
            Project.objects.filter(pk=project.pk).update(**after)
            audit.record("project.changed", _("{actor} took paths of what is live in "
                                              "{environment} over").format(
                actor=actor.name, environment=environment), actor=actor, project=project,
                         about=project, object=str(project), before=before, after=after)
        return sum(map(len, found.values()))


def _demand_that_they_fit(project, after):
    rows = []
    for name in (*SHARED, "writable_folders", "asset_folders"):
        field = Project._meta.get_field(name)
        text = after.get(name, getattr(project, name))
        try:
            field.clean(text, project)
        except ValidationError as problem:
            raise Refused(problem.messages[0],
                          _("Write the paths on the project’s page by hand.")) from None
        rows += [(name, field.verbose_name, path) for path in lines_of(text)]
    for __, sentence in entry_problems(rows):
        raise Refused(sentence, _("Write the paths on the project’s page by hand."))


def _checked(actor, environment, folder):
    if not folder:
        return ""
    demand(policy.may_edit_commands(actor, environment.project))
    try:
        validate_root(folder)
    except ValidationError as problem:
        raise Refused(problem.messages[0], _("Write it anew, or leave it empty.")) from None
    return posixpath.normpath(folder)[:500]


def _demand_nothing_of_ours(environment):
    live = Deployment.objects.live(environment)
    if live and live.kind != Deployment.ADOPTED:
        raise Refused(_("{release} is live in {environment}, by the release manager itself: there "
                        "is nothing to adopt.").format(
            release=live.release.title, environment=environment.name), _("Release, or go back."))
    if environment.deployments.active().exists():
        raise Refused(_("A release is under way here."), _("Look when it has ended."))


def _forget(environment):
    old = environment.adoptions.filter(deployment=None).values_list("pk", flat=True)[KEPT:]
    environment.adoptions.filter(pk__in=list(old)).delete()


# -- for the tasks -------------------------------------------------------------------------------

def to_be_looked_at(pk):
    """The Adoption while its look waits for an answer, else None."""
    return _rows().filter(pk=pk, looked_at=None).first()


def to_be_taken_in(pk):
    """The Adoption while it is wanted and has not ended, else None."""
    return _rows().filter(pk=pk, wanted_at__isnull=False, deployment=None).first()


def _rows():
    return Adoption.objects.select_related("environment__project", "wanted_by")


def answer(row, found, *, room_kb):
    """Keep what a look has brought."""
    Adoption.objects.filter(pk=row.pk, looked_at=None).update(
        found=found, room_kb=room_kb, looked_at=timezone.now())


def known_version(project, digest):
    """What `finish` takes of a version with just these files that was taken in before (another
    environment's, say); None where there is none."""
    row = project.releases.filter(status="ready", digest=digest,
                                  contents__has_key="found_on").first()
    return row and {"pk": row.pk, "name": row.name, "digest": digest}


@transaction.atomic
def new_name(project):
    """Return (name, file_epoch) of one more version."""
    return releases.new_name(project)


def fail(row, problem):
    """It was not taken in; somebody may ask once more."""
    with transaction.atomic():
        wanted = Adoption.objects.filter(pk=row.pk, deployment=None, wanted_at__isnull=False)
        if wanted.update(problem=problem, wanted_at=None):
            audit.record("adoption.failed",
                         _("What is live in {environment} was not adopted: {problem}").format(
                             environment=row.environment, problem=problem),
                         outcome=AuditEntry.FAILED, environment=row.environment,
                         adoption=row.pk, asked_by=row.wanted_by_name)


def finish(row, found, made):
    """Record the version and that it is live, in one transaction; return whether that was done.

    Not when it was done meanwhile, or when something of ours began there.
    """
    environment = row.environment
    with transaction.atomic():
        hold(environment)
        if to_be_taken_in(row.pk) is None:
            return False
        try:
            _demand_nothing_of_ours(environment)
        except Refused as refusal:
            fail(row, str(refusal))
            return False
        release = _release(row, found, made)
        deployment = _record(row, release, found)
        Adoption.objects.filter(pk=row.pk).update(deployment=deployment, found=found, problem="")
        audit.record("environment.adopted",
                     _("{release} of {environment} was adopted for {wanted_by_name}: found live, "
                       "not released by us").format(
                         release=release.title, environment=environment,
                         wanted_by_name=row.wanted_by_name),
                     environment=environment, release=release.name, digest=release.digest,
                     deployment=deployment.pk, adoption=row.pk, asked_by=row.wanted_by_name)
    return True


def _release(row, found, made):
    project, first = row.environment.project, found[0]
    if "pk" in made:
        return Release.objects.select_related("project").get(pk=made["pk"])
    label = LABEL
    if project.releases.filter(label=label).exists():
        label = f"{LABEL} ({row.environment.name})"[:60]
    contents = made["contents"] | {
        "entries": entries_of(first), "found_on": [place["server"] for place in found],
        "found_by_current": not row.folder}
    return Release.objects.create(
        project=project, name=made["name"], file_epoch=made["file_epoch"],
        commit_sha=_commit(project, first["revision"]), label=label, status="ready",
        requested_by=row.wanted_by, requested_by_name=row.wanted_by_name[:150],
        built_at=timezone.now(), digest=made["digest"], contents=contents, kept_in=data_folder())


def _commit(project, revision):
    """The commit's SHA where what lies there tells it, whole or as the beginning of one we know."""
    if len(revision) in (40, 64) and set(revision) <= set("0123456789abcdef"):
        return revision
    if len(revision) < 7:
        return ""
    known = Commit.objects.filter(project=project, sha__startswith=revision)
    shas = list(known.values_list("sha", flat=True)[:2])
    return shas[0] if len(shas) == 1 else ""


def _record(row, release, found):
    """The deployment that nobody made: it says what was live, and nothing of being proved."""
    now, servers = timezone.now(), [place["server"] for place in found]
    deployment = Deployment.objects.create(
        environment=row.environment, release=release, kind=Deployment.ADOPTED, status="succeeded",
        request_key=f"adoption-{row.pk}", requested_by=row.wanted_by,
        requested_by_name=row.wanted_by_name, finished_at=now,
        result=RESULT.format(servers=joined(servers)))
    for place in found:
        Target.objects.create(
            deployment=deployment, installation_id=place["place"], server_name=place["server"],
            status="skipped", previous_link=place["current"],
            evidence={"found": {name: place[name] for name in (
                "layout", "live", "current", "revision", "digest")}})
    return deployment
