"""What a release is made from beside its commit. When that changed, the commit is built anew."""

import hashlib
import json

from ..models import Release
from ..plan import entries_of

_FIELDS = ("build_commands", "subdirectory", "left_out", "public_folder", "builder_id")


def recipe_of(project):
    """Return what names the project's build and shared paths as they are set up now (64 hex).

    Of secret build variables only the names count: nobody shall guess a value from the hash.
    """
    parts = {name: getattr(project, name) for name in _FIELDS}
    parts["entries"] = entries_of(project)
    parts["variables"] = [(row.name, "" if row.is_secret else row.value)
                          for row in project.build_variables.all()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_of_today(release):
    """Whether building it now would be done in the same way as it was."""
    return release.contents.get("recipe") == recipe_of(release.project)


def built_today(project, sha):
    """The newest stored release of the commit that was built as the project is set up now."""
    return _of_today(project).filter(commit_sha=sha).select_related("project").first()


def commits_built_today(project):
    """The SHAs that need no build."""
    return set(_of_today(project).values_list("commit_sha", flat=True))


def _of_today(project):
    return Release.objects.filter(
        project=project, status="ready", contents__recipe=recipe_of(project))
