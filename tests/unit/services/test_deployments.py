"""Asking for a release: one row, one message, one audit entry, or a reason."""

import pytest
from django.utils import timezone

from deployments import audit, policy, queue
from deployments.errors import Refused
from deployments.models import Deployment, Environment, Release, Target
from deployments.plan import build_plan
from deployments.services import deployments as services
from tests import factories
from tests.factories import actor_for, make_release

ACTION = "deployment.requested"


def ask(user, environment, release=None, *, key="click", **over):
    return services.request_deployment(
        actor_for(user), environment, release=release, request_key=key, **over)


def test_a_ready_version_goes_into_the_line(releaser, production, release, queued, audited):
    """Row, targets, plan, audit entry and message, all of them."""
    row = ask(releaser, production, release, reason="Spring sale")
    plan = build_plan("deploy", production, release)
    assert (row.status, row.kind, row.release) == ("queued", "deploy", release)
    assert (row.requested_by, row.requested_by_name, row.reason) == (
        releaser, "releaser", "Spring sale")
    assert (row.plan_hash, row.plan) == (plan.hash, plan.as_json())
    assert [(target.server_name, target.status) for target in row.targets.all()] == [
        ("web-1", "pending"), ("web-2", "pending")]
    assert queued() == [(queue.DEPLOY, row.pk)]
    assert audited() == [(ACTION, "done")]


def test_what_was_live_is_kept_with_the_row(releaser, production, lives, release):
    """The way back is known from the first moment on."""
    assert ask(releaser, production, release).previous is None
    Deployment.objects.all().delete()
    before = lives("2.8.0")
    assert ask(releaser, production, release).previous == before


def test_a_version_not_built_yet_is_built_first(releaser, production, shop, queued, audited):
    """A pending release, and a deployment that waits for it without a plan."""
    commit = factories.make_commits(shop, "Fix the basket")[-1]
    row = ask(releaser, production, ref="main")
    assert (row.status, row.plan, row.plan_hash) == ("waiting_for_build", {}, "")
    assert (row.release.status, row.release.commit_sha) == ("pending", commit.sha)
    assert queued() == [(queue.BUILD, row.release.pk)]
    assert audited() == [("release.requested", "done"), (ACTION, "done")]


def test_production_with_a_rule_waits_for_approval(releaser, production, approval_rule, release,
                                                   queued):
    """The plan is bound, and nothing is queued yet."""
    row = ask(releaser, production, release)
    assert row.status == "awaiting_approval"
    assert row.plan_hash == build_plan("deploy", production, release).hash
    assert queued() == []


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_release_can_ask(name, request, production, release, refusal):
    """Everybody else is told why, and that is written down."""
    user = request.getfixturevalue(name)
    with refusal(ACTION, "You may not release Shop"):
        ask(user, production, release)


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_no_version_is_built_for_who_may_not_release(name, request, production, shop, refusal):
    """The commit is there, but neither a release nor a message."""
    factories.make_commits(shop)
    user = request.getfixturevalue(name)
    with refusal(ACTION, "You may not release Shop"):
        ask(user, production, ref="main")


def test_a_double_click_is_one_deployment(releaser, production, release, queued, audited):
    """The same form sent twice returns the same row, also after it has ended."""
    first = ask(releaser, production, release)
    assert ask(releaser, production, release) == first
    Deployment.objects.update(status="succeeded")
    assert ask(releaser, production, release) == first
    assert len(queued()) == len(audited()) == 1


def test_somebody_elses_form_is_refused(releaser, production, release, shop, refusal):
    """A request key is no way to read another person's deployment."""
    ask(releaser, production, release)
    other = factories.make_user("other", shop, "release")
    with refusal(ACTION, "somebody else"):
        ask(other, production, release)


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_form_without_a_proper_key_is_refused(releaser, production, release, refusal, key):
    """An empty key would make all careless forms the same click."""
    with refusal(ACTION, "not complete"):
        ask(releaser, production, release, key=key)


def test_one_deployment_at_a_time_holds_an_environment(releaser, production, release, refusal):
    """The second is told who asked for what, and in which state that is."""
    ask(releaser, production, release)
    with refusal(ACTION, r"You already asked to release Shop 2\.8\.1 .*in line"):
        ask(releaser, production, release, key="another")


def test_another_environment_is_free(releaser, production, staging, release):
    """Holding production does not hold staging."""
    ask(releaser, production, release)
    assert ask(releaser, staging, release, key="another").status == "queued"


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_deployment(releaser, production, release, shop, at_once,
                                                queued):
    """One gets the row, the other a sentence; neither gets an error."""
    other = factories.make_user("other", shop, "release")

    def click(user, key):
        return lambda: ask(user, Environment.objects.get(pk=production.pk),
                           Release.objects.get(pk=release.pk), key=key)

    results = at_once(click(releaser, "one"), click(other, "two"))
    assert sorted(type(result).__name__ for result in results) == ["Deployment", "Refused"]
    row = Deployment.objects.get()
    assert queued() == [(queue.DEPLOY, row.pk)]
    assert audit.verify().first_bad is None


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_once_is_one_deployment_and_one_build(releaser, production, shop,
                                                                at_once, queued):
    """Both clicks get the same row, and only one version is built."""
    factories.make_commits(shop)

    def click():
        return ask(releaser, Environment.objects.get(pk=production.pk), ref="main")

    first, second = at_once(click, click)
    assert isinstance(first, Deployment), first
    assert first == second
    assert queued() == [(queue.BUILD, Release.objects.get().pk)]


def test_a_version_of_another_project_is_refused(releaser, production, refusal):
    """Rows of two projects never mix."""
    foreign = make_release(label="9.9")
    with refusal(ACTION, "belongs to another project"):
        ask(releaser, production, foreign)


@pytest.mark.parametrize("status", ["failed", "errored", "retired", "cancelled"])
def test_a_version_that_is_not_there_is_refused(releaser, production, shop, refusal, status):
    """Failed, stopped, or removed from storage."""
    release = make_release(shop, status=status)
    with refusal(ACTION, "cannot be released"):
        ask(releaser, production, release)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "", "$(id)", "nowhere", "a b"])
def test_a_ref_that_names_nothing_is_refused(releaser, production, refusal, ref):
    """Neither a release nor a deployment is made."""
    with refusal(ACTION, "version"):
        ask(releaser, production, ref=ref)


def test_an_environment_without_servers_is_refused(releaser, shop, release, refusal):
    """There is nothing to make it live on."""
    empty = factories.make_environment(shop)
    with refusal(ACTION, "no server yet"):
        ask(releaser, empty, release)


def test_a_long_reason_is_cut(releaser, production, release):
    """What the column can hold."""
    assert len(ask(releaser, production, release, reason="r" * 600).reason) == 500


def test_row_and_message_are_undone_together(releaser, production, release, queued, monkeypatch):
    """If the message cannot be written, neither row nor audit entry stay."""
    def broken(*args, **options):
        raise OSError("disk full")

    monkeypatch.setattr(queue, "async_task", broken)
    with pytest.raises(OSError, match="disk full"):
        ask(releaser, production, release)
    assert not Deployment.objects.exists()
    assert not Target.objects.exists()
    assert audit.verify().entries == 0


def test_the_policy_that_was_asked_is_the_one_that_counts(releaser, production, release):
    """An entry that ended between page and click refuses the click."""
    assert policy.may_release(actor_for(releaser), production)
    releaser.grants.update(valid_until=timezone.now())
    with pytest.raises(Refused, match="the allowlist entry ended on"):
        ask(releaser, production, release)


@pytest.mark.parametrize(("pause_s", "is_refused"), [(1800, False), (1831, True)])
def test_pauses_that_add_up_to_more_than_an_hour_are_refused(
        releaser, production, release, audited, pause_s, is_refused):
    """The queue would end the worker in the middle of a pause, over and over."""
    factories.make_installation(production, server=factories.make_server("web-3"))
    Environment.objects.update(wave_size="1", wave_pause_s=pause_s)
    production.refresh_from_db()
    if is_refused:
        with pytest.raises(Refused, match="its 3 waves add up to 61 min; 60 min are the most"):
            ask(releaser, production, release)
        assert audited() == [(ACTION, "refused")]
    else:
        assert ask(releaser, production, release).plan["wave_pause_s"] == pause_s
