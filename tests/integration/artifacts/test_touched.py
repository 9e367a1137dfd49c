"""Which files each commit of a real repository touches."""

from deployments.artifacts.touched import MOST_FILES, touched


def test_what_a_commit_touches_is_told_by_letter_and_name(mirror, repository):
    """The first commit too; names of any kind, a line end within one becomes a space."""
    first = repository.commit({"a.php": "1", "b": "1"})
    (repository.folder / "b").unlink()
    second = repository.commit({"a.php": "2", "ü ß/x\ny": "1"})
    empty = repository.commit({})
    mirror.refresh()
    found = touched(mirror, [second, first, empty])
    assert found[first].files == ("A a.php", "A b")
    assert found[second].files == ("M a.php", "D b", "A ü ß/x y")
    assert (found[empty].files, found[empty].count) == ((), 0)


def test_a_merge_touches_what_none_of_its_parents_has(mirror, repository):
    """What came by it is told by the commits that it brings."""
    repository.commit({"a": "1"})
    repository.git("checkout", "-q", "-b", "other")
    repository.commit({"b": "1"})
    repository.git("checkout", "-q", "main")
    repository.commit({"c": "1"})
    repository.git("merge", "--no-commit", "--no-ff", "other")
    merge = repository.commit({"of its own": "1"})
    mirror.refresh()
    assert touched(mirror, [merge])[merge].files == ("A of its own",)


def test_of_very_many_files_the_first_are_named_and_all_are_counted(mirror, repository):
    """A page names no ten thousand."""
    sha = repository.commit({f"files/{number:04}": "1" for number in range(MOST_FILES + 5)})
    mirror.refresh()
    found = touched(mirror, [sha])[sha]
    assert (len(found.files), found.count) == (MOST_FILES, MOST_FILES + 5)
