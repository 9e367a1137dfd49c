"""One commit is one version in the list, whatever it is called; and which one is marked."""


from deployments.models import Ref
from tests import factories
from tests.unit.pages.test_release_pages import REVIEW, START, marked, text_of


def test_one_commit_is_one_row_whatever_it_is_called(
        shop, staging, releaser, sign_in):
    """Its tag, with the branch beside it; who asks for the branch finds that row marked."""
    client, commits = sign_in(releaser), factories.make_commits(shop, "One", "Two", "Three")
    tag = {"project": shop, "name": "v2.0", "sort": "tag", "sha": commits[2].sha}
    Ref.objects.create(**tag, committed_at=commits[2].authored_at)
    page = client.get(START)
    assert 'value="v2.0"' in page.text
    assert 'value="main"' not in page.text
    assert '<span class="small names">(also called main)</span>' in page.text
    assert marked(client.get(f"{START}?version=main")) == ["v2.0"]
    assert 'name="other" maxlength="200" autocomplete="off" spellcheck="false" value=""' in \
        client.get(f"{START}?version=main").text


def test_what_is_live_already_leads_to_another_version_first(staging, ready, releaser, sign_in):
    """Whoever looks at the live version sees that nothing changes, and the way to another one."""
    client = sign_in(releaser)
    assert "Choose another version" not in text_of(client.get(f"{REVIEW}?version={ready.name}"))
    factories.make_deployment(staging, release=ready)
    answer = text_of(client.get(f"{REVIEW}?version={ready.name}"))
    assert '">Choose another version</a>' in answer
    assert "Go on all the same" in answer


def test_an_older_branch_is_never_marked(shop, staging, commits, releaser, sign_in):
    """Who clicks on without looking must not go back in time."""
    live = factories.make_release(shop, label="3.0", commit_sha=commits[2].sha)
    factories.make_deployment(staging, release=live)
    factories.make_commits(shop, "Long ago", ref="old")
    Ref.objects.filter(name="old").update(committed_at=commits[0].authored_at)
    assert marked(sign_in(releaser).get(START)) == []
