"""A project's git source: the mirror with its access, and what is in it written as rows."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ..artifacts.faults import ArtifactFault
from ..artifacts.mirror import Mirror
from ..artifacts.source import Access
from ..artifacts.touched import touched
from ..models import Commit, Project, Ref
from ..services.acting import hold

NEWEST = 1000
"""Commits kept as rows for each project; older ones are not listed on pages."""


def mirror_of(project):
    """Return the project's Mirror, with the access its rows name."""
    key = project.deploy_key
    access = Access(
        user=project.git_user, password=project.git_password, host_key=project.git_host_key,
        private_key=key.private_key if key else "", passphrase=key.passphrase if key else "",
        authority=settings.SITE_CA_FILE,
    )
    return Mirror(settings.PRIVATE_ROOT / "mirrors" / project.slug, url=project.repository_url,
                  access=access)


def read_source(pk):
    """Fetch, then replace the project's refs and add its commits; the problem is kept as text."""
    project = Project.objects.select_related("deploy_key").get(pk=pk)
    try:
        mirror = mirror_of(project)
        mirror.refresh()
        refs = mirror.refs()
        commits = {row.sha: row for ref in refs[:50]
                   for row in mirror.commits("", ref.sha, limit=NEWEST)}
    except ArtifactFault as fault:
        Project.objects.filter(pk=pk).update(source_problem=str(fault),
                                             source_read_at=timezone.now())
        return
    _write(project, refs, commits.values(), _untold(project, mirror, commits))


def _untold(project, mirror, commits):
    """{SHA: what it touches} of commits whose files no row tells yet; without them where git
    cannot tell: a list of versions is worth more than its files."""
    told = set(Commit.objects.filter(project=project, files_count__isnull=False)
               .values_list("sha", flat=True))
    try:
        return touched(mirror, [sha for sha in commits if sha not in told][:NEWEST])
    except ArtifactFault:
        return {}


@transaction.atomic
def _write(project, refs, commits, files):
    hold(project)  # two readings at once: the second must see the first's rows to replace them
    Ref.objects.filter(project=project).delete()
    Ref.objects.bulk_create(
        Ref(project=project, name=ref.name, sort=ref.sort, sha=ref.sha,
            committed_at=ref.committed_at)
        for ref in refs)
    Commit.objects.bulk_create(
        (Commit(project=project, sha=row.sha, parents=" ".join(row.parents),
                author_name=row.author_name, authored_at=row.authored_at, subject=row.subject)
         for row in commits), ignore_conflicts=True)
    _write_files(project, files)
    Project.objects.filter(pk=project.pk).update(source_problem="", source_read_at=timezone.now())


def _write_files(project, files):
    rows = list(Commit.objects.filter(project=project, files_count=None).only("sha"))
    known = [row for row in rows if row.sha in files]
    for row in known:
        row.files, row.files_count = list(files[row.sha].files), files[row.sha].count
    Commit.objects.bulk_update(known, ["files", "files_count"], batch_size=200)
