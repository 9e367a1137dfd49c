"""Releasing, the second of four steps: what changes? Commits, files, and what deserves a look."""

from .. import code_hosts
from ..errors import Refused
from ..models import Commit
from ..risk_words import kinds_among
from ..services import built_files
from ..services.changed import files_of, files_read
from ..services.source import changes_between, newer_than
from .release_risks import risks_for
from .release_steps import go_to, show_step, step_page
from .release_way import REVIEW, RULES, recording
from .rules import what_it_replaces


@step_page
def review(request, actor, environment, begun):
    """What changes; POST says that it was read."""
    if request.method == "GET":
        return _page(request, actor, begun)
    try:
        with recording(request, actor, environment):
            begun.demand_unmoved(request.POST.get("sha", ""))
    except Refused as refusal:
        return _page(request, actor, begun, refusal=refusal)
    begun.keep(actor.user, RULES)
    return go_to(RULES, begun)


def _page(request, actor, begun, *, refusal=None):
    environment, choice = begun.environment, begun.choice
    project = environment.project
    before, comes_first = what_it_replaces(environment, actor, choice)
    differences = differences_of(project, before and before.release, choice.sha)
    newer, branch = newer_than(project, choice.sha)
    return show_step(
        request, REVIEW, begun, status=409 if refusal else 200, refusal=refusal, before=before,
        comes_first=comes_first, newer=newer, branch=branch, **differences,
        is_live_now=bool(before and choice.release == before.release and not comes_first),
        built=built_files.between(before.release, choice.release)
        if before and choice.is_built else None,
        authors=len({row.author_name for row in differences["changes"]}),
        risks=risks_for(environment, before, choice, comes_first=comes_first, **differences),
    )


def differences_of(project, before, sha):
    """What the commit `sha` changes, against the Release it replaces: `changes` that come, changes
    that are `taken_away`, and the `files` of both. Without `is_known` they are the newest changes:
    what is replaced was not read from the repository. Of each change, `paths` are those of its
    files that differ in the end, and `kinds` are words for what deserves a look among them."""
    before_sha = before.commit_sha if before else ""
    is_known = Commit.objects.filter(project=project, sha=before_sha).exists()
    changes = changes_between(project, before_sha, sha)
    taken_away = changes_between(project, sha, before_sha) if is_known else []
    read = files_read(project, [*changes, *taken_away])
    files = files_of(changes, read) if is_known else None
    files_back = files_of(taken_away, read, is_taken_away=True)
    for rows, found in ((changes, files), (taken_away, files_back)):
        lasting = set(found.paths) if found else set()
        for row in rows:
            row.pieces, row.page = _words(project, row)
            row.paths = read[row.sha].paths & lasting if row.sha in read else set()
            row.kinds = kinds_among(row.paths)
    return {"changes": changes, "taken_away": taken_away, "is_known": is_known,
            "files": files, "files_back": files_back}


def _words(project, commit):
    """(the words of a change with its tickets as links, the address of its page or "")."""
    url = project.repository_url
    tickets = project.ticket_address or code_hosts.ticket_address(url)
    page = project.commit_address or code_hosts.commit_address(url)
    return (code_hosts.pieces_of(commit.subject, tickets),
            page.replace("{sha}", commit.sha))
