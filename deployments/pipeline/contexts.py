"""From rows to the contexts of one run: everything threads will need, read before they start."""

from functools import partial

from django.conf import settings

from ..artifacts.store import ArtifactStore
from ..coherence.in_turn import InTurn
from ..models import Deployment
from ..plan import Plan
from ..services.checkups import known_facts
from ..services.drift import intact_since
from ..services.kept import kept_of
from ..services.whereabouts import data_folder
from .context import Release, StepContext, Truth
from .hosts import control_file, endpoint_key, host_of
from .ports import REAL
from .pruning import unneeded

BEFORE = ("pages_before", "irreversible", "was_placed", "strategy_chosen", "restarted",
          "was_put_back")
"""Evidence of an earlier attempt that nobody can gather again."""


def store():
    """Return where this machine keeps the built releases."""
    return ArtifactStore(settings.PRIVATE_ROOT / "artifacts")


def archive_of(release):
    """Return where this machine keeps, or would keep, the built release."""
    return store().path(release.project.slug, release.name)


def make_contexts(deployment, plan: Plan, *, fence, journal, ports=REAL):
    """Return one StepContext per target, in the plan's order."""
    release = _release(deployment.release)
    older = _release(deployment.previous) if _was_placed(deployment) else None
    built = dict(
        deployment.release.project.releases.order_by("-pk").values_list("name", "digest"))
    control_name, control_php = control_file()
    rows = {row.installation_id: row for row in deployment.targets.select_related(
        "installation__server__ssh_key")}
    contexts, turns = [], InTurn()
    for target in plan.targets:
        row = rows[target.installation_id]
        contexts.append(StepContext(
            plan=plan, target=target, deployment=deployment.pk, fence=fence, ports=ports,
            release=release, older=older,
            host=host_of(row.installation.server), control_name=control_name,
            control_php=control_php, endpoint_key=endpoint_key(row.installation),
            ca_file=settings.SITE_CA_FILE, proof_limit_s=settings.PROOF_LIMIT_S,
            say=partial(journal.say, server=target.server),
            truth=Truth(
                previous=row.previous_link, previous_name=row.previous_name,
                is_known=row.is_previous_known,
                may_be_switched=row.is_previous_known and row.switched_at is not None),
            evidence={name: row.evidence[name] for name in BEFORE if name in row.evidence},
            kept=kept_of(target.installation_id), turns=turns,
            known=known_facts(target.installation_id),
            intact=intact_since(target.installation_id, release.name),
            built=built,
            doomed=unneeded(deployment, plan, target.installation_id),
        ))
    return contexts


def _was_placed(deployment):
    """Whether what was live is a folder of ours: what a site came with is none, even where it was
    taken in as a version since."""
    if deployment.previous is None:
        return False
    live = Deployment.objects.live(deployment.environment)
    return live is None or live.kind != Deployment.ADOPTED


def _release(row):
    public = f"{row.project.public_folder}/" if row.project.public_folder else ""
    return Release(
        name=row.name, digest=row.digest, commit_sha=row.commit_sha, archive=archive_of(row),
        is_kept_elsewhere=bool(row.kept_in) and row.kept_in != data_folder(),
        php_files=tuple(row.contents.get("php_files", ())),
        plain_classes=tuple(row.contents.get("plain_classes", ())),
        static_files={path.removeprefix(public): digest
                      for path, digest in row.contents.get("static_files", ())},
        static_names=_static_names(row.contents, public),
        also_called=tuple(filter(None, (row.commit_sha, row.label, row.ref))),
    )


def _static_names(contents, public):
    """All public files below the public folder; None where the build did not name them all."""
    if not contents.get("is_static_complete"):
        return None
    paths = [path for path, _ in contents["static_files"]] + list(contents["static_left_out"])
    return frozenset(path.removeprefix(public) for path in paths)
