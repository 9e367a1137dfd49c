"""What a build says about itself on its page: under which account its commands run."""

import pytest

from deployments import checks


@pytest.mark.parametrize(("account", "words"), [
    ("nobody", "Commands run on this machine as nobody."),
    ("no-such-account", "could read its secrets"),
])
def test_a_build_says_under_which_account_its_commands_run(show, settings, account, words):
    """Where there is no account of their own, the page says so, as the system check does."""
    settings.BUILD_USER = account

    release = show.build("v1.0")

    assert release.status == "ready", release.problem
    assert words in " ".join(release.log.values_list("text", flat=True))
    assert bool(checks.builds_are_separated(None)) is (account != "nobody")
