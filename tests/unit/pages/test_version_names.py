"""One commit is one version in the list, whatever it is called."""

from deployments.models import Ref
from tests import factories
from tests.unit.pages.test_release_pages import START, marked


def test_one_commit_is_one_row_whatever_it_is_called(
        shop, staging, releaser, sign_in):
    """Its tag, with the branch beside it; who asks for the branch finds that row marked."""
    client, commits = sign_in(releaser), factories.make_commits(shop, "One", "Two", "Three")
    tag = {"project": shop, "name": "v2.0", "sort": "tag", "sha": commits[2].sha}
    Ref.objects.create(**tag, committed_at=commits[2].authored_at)
    page = client.get(START)
    assert 'value="v2.0"' in page.text
    assert 'value="main"' not in page.text
    assert '<span class="version">v2.0</span> <span class="small">(also main)</span>' in page.text
    assert marked(client.get(f"{START}?version=main")) == ["v2.0"]
    assert 'name="other" maxlength="200" autocomplete="off" spellcheck="false" value=""' in \
        client.get(f"{START}?version=main").text
