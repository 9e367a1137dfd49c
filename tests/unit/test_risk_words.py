"""What the names of changed files tell of a release."""

import pytest

from deployments.risk_words import MANY, risks_of


@pytest.mark.parametrize(("path", "words"), [
    ("database/migrations/2026_11_28_vat.php", "The database changes"),
    ("migrations/Version20261128.php", "The database changes"),
    ("sql/Vat.SQL", "The database changes"),
    ("composer.lock", "Libraries"), ("web/themes/x/package-lock.json", "Libraries"),
    ("public/.htaccess", "How the web server"), ("docker/nginx/site.conf", "How the web server"),
    ("config/packages/cache.yaml", "Settings"), (".env.production", "Settings"),
])
def test_files_that_deserve_a_look_are_found_by_their_names(path, words):
    """Each with its sentence; the file is named with it."""
    risk, = risks_of([path, "src/Basket.php"])
    assert risk.text.startswith(words)
    assert risk.paths == (path,)
    assert risk.is_high is words.startswith("The database")


@pytest.mark.parametrize("path", ["src/Migrations.php", "docs/migrations.md", "mysql.php",
                                  "src/Configuration.php", "nginx.php", "lock/composer.locked"])
def test_ordinary_files_are_no_risk(path):
    """A word within a name says nothing."""
    assert risks_of([path]) == []


def test_very_many_files_are_a_risk_of_their_own():
    """With how many, as far as that is known."""
    paths = [f"src/{number}.php" for number in range(MANY)]
    assert risks_of(paths)[0].text == f"{MANY} files change: more than anybody reads."
    assert risks_of(paths, is_complete=False)[0].text.startswith(f"More than {MANY} files")
    assert risks_of(paths[1:]) == []
