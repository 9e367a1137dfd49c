"""Kinds of sites without Composer: a small repository of that layout builds with what is filled
in, and holds what visitors need."""

import subprocess

import pytest

from deployments import tasks
from deployments.services import presets
from tests import factories, stage

LAYOUTS = {
    "plain": {"public/index.php": "<?php echo 1;", "lib/shop.php": "<?php"},
    "wordpress": {"index.php": "<?php echo 1;", "wp-content/themes/shop/style.css": "a{}",
                  "wp-includes/version.php": "<?php"},
}


def repository_of(folder, files):
    """A repository with one commit of these files on its branch main."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "."],
                  ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qm", "One"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("key", LAYOUTS)
def test_a_site_of_this_kind_builds_with_what_is_filled_in(key, transactional_db, tmp_path):
    """Every file of the repository is in the version."""
    folder = repository_of(tmp_path / "site", LAYOUTS[key])
    project = factories.make_project(repository_url=str(folder), **presets.of_key(key).fields)
    tasks.read_source(project.pk)
    builder = factories.actor_for(factories.make_user(None, project, "build"))

    release = stage.build(builder, project, "main")

    assert release.status == "ready", release.problem
    assert release.contents["files"] == len(LAYOUTS[key])
