"""What a plan binds beside its rows: our own scripts."""

from deployments import bound


def test_every_script_that_runs_on_servers_is_in_the_digest(monkeypatch, tmp_path):
    """Shell and PHP, by name and content."""
    for name, text in (("scripts/a.sh", "one"), ("php/b.php", "two")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(bound, "_REMOTE", tmp_path)
    digests = [bound.scripts_digest.__wrapped__()]
    for name in ("scripts/a.sh", "php/b.php"):
        (tmp_path / name).write_text("other")
        digests.append(bound.scripts_digest.__wrapped__())
    (tmp_path / "php/b.php").rename(tmp_path / "php/c.php")
    digests.append(bound.scripts_digest.__wrapped__())
    assert len(set(digests)) == 4
