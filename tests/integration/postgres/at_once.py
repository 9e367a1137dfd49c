"""People who do the same at the same moment: one wins, the other is told why, and the log has
both; test_on_postgres.py runs this file there, nobody else does."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone

from deployments import audit
from deployments.errors import Refused
from deployments.models import (
    AuditEntry,
    Authenticator,
    Deployment,
    Freeze,
    MembershipRequest,
    PasswordLink,
    Pause,
    Project,
    RecipeVersion,
    RecoveryCode,
)
from deployments.services import (
    approvals,
    edits,
    memberships,
    password_links,
    pauses,
    second_step,
    sessions,
    turns,
)
from deployments.services import deployments as verbs
from deployments.services.recipe_content import content_of
from tests import factories
from tests.unit.pages.phones import digits

pytestmark = pytest.mark.usefixtures("transactional_db")
actor = factories.actor_for


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def unbroken(transactional_db):
    """Whatever happened at once, the chain has no gap and no fork."""
    yield
    verdict = audit.verify()
    assert verdict.exit_code == 0, verdict.sentence
    assert verdict.entries == AuditEntry.objects.count() > 0


@pytest.fixture
def rivals(shop):
    """Two people who may do everything in the shop, each confirmed by somebody."""
    made = [factories.make_user(name) for name in ("anna", "ben")]
    for user in made:
        for action in ("look", "release", "approve", "commands", "set_up"):
            factories.make_grant(user, action, confirmed_at=timezone.now())
    return made


@pytest.fixture
def asked(production, releaser, rivals):
    """A function that makes a request which so many of the two must agree to."""

    def made(people_needed, **over):
        factories.make_rule(production, *rivals, people_needed=people_needed)
        fields = {"status": "awaiting_approval",
                  "approval_until": timezone.now() + timedelta(hours=1)}
        row = factories.make_deployment(production, requested_by=releaser, **fields | over)
        plan = turns.plan_now(row)
        Deployment.objects.filter(pk=row.pk).update(plan=plan.as_json(), plan_hash=plan.hash)
        return Deployment.objects.get(pk=row.pk)

    return made


def one_wins(results, refusal, action):
    """One call was done, the other refused in these words; both are in the log."""
    lost = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in lost] == [Refused], results
    assert refusal in str(lost[0])
    outcomes = AuditEntry.objects.filter(action=action).values_list("outcome", flat=True)
    assert sorted(outcomes) == ["done", "refused"]


def yes(user, pk, **over):
    """A call of the person's yes, with rows of its own."""
    row = Deployment.objects.get(pk=pk)
    return lambda: approvals.approve(actor(user), row, plan_hash=row.plan_hash, **over)


def test_two_yeses_that_are_both_needed_start_it_once(asked, rivals, at_once, queued):
    """Neither is lost, and neither sees itself as the last but one."""
    row = asked(2)
    assert at_once(*[yes(user, row.pk) for user in rivals]) == [None, None]
    row.refresh_from_db()
    assert (row.status, row.approvals.count()) == ("queued", 2)
    assert queued().count(("deployments.tasks.run_deployment", row.pk)) == 1
    assert AuditEntry.objects.filter(action="deployment.approved", outcome="done").count() == 2


def test_of_two_yeses_where_one_is_needed_one_counts(asked, rivals, at_once):
    """The other person is told that it no longer waits."""
    row = asked(1)
    one_wins(at_once(*[yes(user, row.pk) for user in rivals]),
             "This no longer waits for approval", "deployment.approved")
    assert row.approvals.count() == 1


def test_of_two_starts_one_wins(asked, rivals, at_once, queued):
    """What all agreed to goes into the line once."""
    row = asked(1)
    yes(rivals[0], row.pk, starts_by_hand=True)()
    rows = [Deployment.objects.get(pk=row.pk) for _ in rivals]
    assert rows[0].status == "approved"
    one_wins(at_once(*[lambda pair=pair: approvals.start(actor(pair[0]), pair[1])
                       for pair in zip(rivals, rows, strict=True)]),
             "This does not wait to be started", "deployment.start_requested")
    row.refresh_from_db()
    assert row.status == "queued"
    assert queued().count(("deployments.tasks.run_deployment", row.pk)) == 1


def test_a_yes_taken_back_and_a_start_do_not_both_count(asked, rivals, at_once):
    """Whichever comes first: what starts has a yes, what has none does not start."""
    row = asked(1)
    yes(rivals[0], row.pk, starts_by_hand=True)()
    rows = [Deployment.objects.get(pk=row.pk) for _ in range(2)]
    at_once(lambda: approvals.withdraw(actor(rivals[0]), rows[0]),
            lambda: approvals.start(actor(rivals[1]), rows[1]))
    row.refresh_from_db()
    assert row.status in ("awaiting_approval", "voided")
    assert not approvals.is_agreed(row)


def _propose(user, project):
    with transaction.atomic():
        edits.hold_project(project)
        before = content_of(project)
        Project.objects.filter(pk=project.pk).update(build_commands=f"make {user}")
        return edits.keep_edit(actor(user), project, before)


def test_of_two_edits_one_waits_and_of_two_answers_one_counts(shop, rivals, at_once):
    """The rows say what was agreed to, once."""
    Project.objects.filter(pk=shop.pk).update(commands_need_second=True)
    third, fourth = (factories.make_user(name) for name in ("clara", "dan"))
    for user in (third, fourth):
        factories.make_grant(user, "commands", confirmed_at=timezone.now())
    made = at_once(*[lambda user=user: _propose(user, Project.objects.get(pk=shop.pk))
                     for user in rivals])
    lost = [each for each in made if isinstance(each, Exception)]
    assert [str(each) for each in lost] == [
        "Another edit of the commands waits for a second person. "
        "Agree to it, decline it or take it back first."]
    edit = shop.recipe_versions.get(status=RecipeVersion.WAITING)
    assert shop.recipe_versions.count() == 2  # and what was found
    pair = [RecipeVersion.objects.select_related("project").get(pk=edit.pk) for _ in range(2)]
    one_wins(at_once(lambda: edits.agree(actor(third), pair[0]),
                     lambda: edits.agree(actor(fourth), pair[1])),
             "This edit no longer waits", "commands.agreed")
    shop.refresh_from_db()
    assert shop.build_commands == f"make {edit.edited_by}"


def test_a_password_link_sets_one_password(admin, at_once):
    """Two who have it at the same moment: one password, one entry, and the link is used up."""
    ada = factories.make_user("ada", email="ada@shop.example")
    password_links.send(actor(admin), ada)
    token = password_links.token_of(PasswordLink.objects.get())
    one_wins(at_once(*[lambda word=word: password_links.use(
        token, f"a sentence of {word}", address="10.0.0.1") for word in ("ada", "eve")]),
        "This link is not valid", "password.set")
    ada.refresh_from_db()
    assert [ada.check_password(f"a sentence of {word}") for word in ("ada", "eve")].count(True) == 1


def test_a_membership_is_confirmed_once(admin, production, rivals, at_once):
    """By one of two who press at once; the person is in the group, the log has one entry of it."""
    group = Group.objects.create(name="Shop leads")
    factories.make_rule(production).groups.add(group)
    type(production).objects.filter(pk=production.pk).update(is_protected=True)
    person = factories.make_user("eve")
    request = memberships.join(actor(admin), person, group)
    assert not person.groups.exists()
    rows = [MembershipRequest.objects.get(pk=request.pk) for _ in rivals]
    one_wins(at_once(*[lambda pair=pair: memberships.confirm(actor(pair[0]), pair[1])
                       for pair in zip(rivals, rows, strict=True)]),
             "This was confirmed already", "membership.confirmed")
    assert list(person.groups.all()) == [group]


def test_a_code_opens_once(releaser, at_once):
    """The phone's and a recovery code, each tried twice at the same moment."""
    releaser.set_password("a sentence of words")
    releaser.save()
    second_step.prepare(actor(releaser), "a sentence of words")
    phone = second_step.prepared(releaser)
    keep = sessions.begin(releaser, "key")
    codes = second_step.confirm(actor(releaser), digits(phone), keep=keep)
    phone.refresh_from_db()
    assert phone.confirmed
    assert len(bytes.fromhex(phone.secret)) == 20
    for code, how in ((digits(phone, later=1), "app"), (codes[0], "recovery")):
        assert sorted(at_once(*[lambda code=code: second_step.accepts(releaser, code)] * 2)) == [
            "", how]
    assert RecoveryCode.objects.filter(used_at=None).count() == second_step.CODES - 1
    assert Authenticator.objects.count() == 1


def test_a_pause_and_a_freeze_keep_a_release_out(production, rivals, at_once):
    """Of two pauses one stands; each is a reason, and each refusal is in the log."""
    until = timezone.now() + timedelta(hours=1)
    one_wins(at_once(*[lambda user=user: pauses.pause(
        actor(user), production, reason=f"{user} looks", until=until) for user in rivals]),
        "paused Production already", "environment.paused")
    release = factories.make_release(production.project)
    for reason in ("looks", "Christmas"):
        with pytest.raises(Refused, match=reason):
            verbs.request_deployment(actor(rivals[0]), production, request_key=reason,
                                     release=release)
        Pause.objects.update(ended_at=timezone.now())
        Freeze.objects.create(project=production.project, reason="Christmas", **_today())
    assert AuditEntry.objects.filter(action="deployment.requested", outcome="refused").count() == 2


def _today():
    day = timezone.localdate()
    return {"from_date": day - timedelta(days=1), "until_date": day + timedelta(days=1),
            "from_time": "00:00", "until_time": "23:59"}


def test_a_session_is_kept_by_its_hash_and_ended_by_it(releaser):
    """A copy of the row's name opens nothing; its end takes the row away."""
    browser = Client()
    browser.force_login(releaser)
    key, row = browser.session.session_key, Session.objects.get()
    assert row.session_key == sessions.hash_of(key)[:40]
    assert browser.get("/admin/").status_code == 200
    assert sessions.end_all(releaser, "a test") == 1
    assert not Session.objects.exists()
    assert browser.get("/admin/").status_code == 302
