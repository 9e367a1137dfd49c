"""An environment's form: who must agree, what it demands, and what is asked before it is saved."""

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from deployments.models import ApprovalRule, Environment, Grant, Notice
from deployments.services.deployments import request_deployment
from tests import factories

from .conftest import form_of, page


@pytest.fixture
def save(admin, browse, production):
    """A function that saves production's form with changes; returns the answer."""

    def saved(**changes):
        client = browse(admin)
        return client.post(page(production), form_of(client.get(page(production))) | changes)

    return saved


def test_the_form_says_who_could_approve_today(admin, browse, production, approval_rule):
    """Names, without looking for them in three other lists."""
    shown = browse(admin).get(page(production)).text
    assert "Today approver could approve Shop (Production) releases." in shown


def test_a_rule_that_nobody_could_pass_asks_first(
        save, admin, production, approval_rule, viewer, audited):
    """The viewer has no entry for approving: nothing is saved until the box is ticked."""
    changes = {"approval_rules-0-users": [str(viewer.pk)], "approval_expiry_h": "5"}
    answer = save(**changes)
    assert answer.status_code == 200
    assert "Nobody can approve Shop (Production) releases. Tick that it is meant so" in answer.text
    assert 'type="checkbox" name="is_sure"' in answer.text
    assert [str(told) for told in answer.context["messages"]] == []
    assert [user.username for user in ApprovalRule.objects.get().users.all()] == ["approver"]
    production.refresh_from_db()
    assert production.approval_expiry_h == 24
    assert audited("environment.changed") == [(
        "refused", "Refused for admin: Nobody can approve Shop (Production) releases.")]
    assert save(is_sure="on", **changes).status_code == 302
    assert [user.username for user in ApprovalRule.objects.get().users.all()] == ["viewer"]


def link_to_entry(text):
    """What the link to a new allowlist entry fills in; {} where there is none."""
    add = reverse("admin:deployments_grant_add")
    found = [part.partition('"')[0] for part in unescape(text).split('href="')
             if part.startswith(f"{add}?")]
    return {name: values[0] for name, values in parse_qs(urlsplit(found[0]).query).items()} \
        if found else {}


def test_who_is_named_without_an_entry_is_told_with_the_way_to_it(
        save, admin, browse, production, approval_rule, approver, viewer):
    """Refused, saved, and on the form from then on; in a tab of its own, all filled in."""
    entry = {"user": str(viewer.pk), "project": str(production.project_id),
             "environment": str(production.pk), "action": "approve"}
    words = "A rule names viewer, who may not approve releases here"
    refused = save(**{"approval_rules-0-users": [str(viewer.pk)]})
    assert words in refused.text
    assert link_to_entry(refused.text) == entry
    both = {"approval_rules-0-users": [str(viewer.pk), str(approver.pk)]}
    client = browse(admin)
    saved = client.post(page(production), form_of(client.get(page(production))) | both,
                        follow=True)
    assert words in saved.text
    assert link_to_entry(client.get(page(production)).text) == entry
    form = client.get(reverse("admin:deployments_grant_add"), entry).context["adminform"].form
    assert {name: str(form.initial[name]) for name in entry} == entry
    factories.make_grant(viewer, "approve", environment=production)
    assert words not in client.get(page(production)).text


def test_who_has_an_entry_that_waits_is_led_to_that_one(admin, browse, production, approval_rule,
                                                        viewer):
    """A second one would be refused."""
    approval_rule.users.add(viewer)
    Environment.objects.update(is_protected=True)
    row = factories.make_grant(viewer, "approve", environment=production)
    text = browse(admin).get(page(production)).text
    assert "A rule names viewer, whose allowlist entry does not count today" in text
    assert f'href="{page(row)}"' in text
    assert link_to_entry(text) == {}


def test_who_names_oneself_is_sent_to_another_administrator(admin, save, production,
                                                            approval_rule, approver):
    """Nobody writes entries for oneself, so there is no link to try."""
    answer = save(**{"approval_rules-0-users": [str(admin.pk)]})
    assert "Ask another administrator to write it." in answer.text
    assert not Grant.objects.filter(user=admin).exists()


def test_an_empty_rule_that_was_added_does_not_vanish(save, production):
    """It says what is missing, at its field and on top, until it is filled in or removed."""
    added = {"approval_rules-TOTAL_FORMS": "1", "approval_rules-0-people_needed": "1",
             "approval_rules-0-name": ""}
    answer = save(**added)
    assert answer.status_code == 200
    assert answer.text.count("Nobody is named: tick who is to agree, or remove this rule.") == 2
    assert 'href="#id_approval_rules-0-users"' in answer.text
    assert 'id="id_approval_rules-0-users"' in answer.text
    assert save(**added, **{"approval_rules-0-DELETE": "on"}).status_code == 302
    assert not ApprovalRule.objects.exists()


def test_what_was_so_before_is_not_asked_about(save, production, viewer, approval_rule):
    """Only what this form would bring about."""
    approval_rule.users.set([viewer])
    assert save(wave_pause_s="0", canary_servers="0").status_code == 302


def test_a_saved_rule_voids_what_was_agreed_without_it(
        save, production, releaser, approval_rule, approver, shop, admin):
    """Open requests are looked at again in the same transaction."""
    release = factories.make_release(shop)
    asked = request_deployment(factories.actor_for(releaser), production, release=release,
                               request_key="click")
    assert save(**{"approval_rules-0-DELETE": "on"}).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "voided"


@pytest.mark.parametrize(("before", "changes", "words"), [
    ({"is_protected": True}, {"is_protected": ""}, "no longer protected. Somebody else must"),
    ({"needs_two_step": True}, {"needs_two_step": ""}, "two-step sign-in is no longer needed"),
    ({}, {"approval_rules-0-DELETE": "on"}, "was removed"),
])
def test_less_protection_is_told_to_all_administrators(
        save, production, approval_rule, approver, admin, before, changes, words):
    """Whoever takes it away does not do so alone at night."""
    type(production).objects.filter(pk=production.pk).update(**before)
    approver.grants.update(confirmed_at="2026-01-01T00:00Z")
    type(admin).objects.update(email="ines@shop.example")
    answer = save(**changes)
    assert answer.status_code == 302, answer.context["errors"]
    assert words in Notice.objects.get(event="environment.weakened").text


def test_a_wrong_short_name_is_said_at_its_field(save, production):
    """Nothing else is lost: the links of the page lead where the stored one leads."""
    answer = save(slug="not a name", name="Shop front")
    assert answer.status_code == 200
    assert "Use small letters, digits and dashes only." in answer.text
    for kept in ("not a name", "Shop front", "/admin/adopt/shop/production/",
                 "/admin/protection/shop/production/"):
        assert kept in answer.text
    production.refresh_from_db()
    assert (production.slug, production.name) == ("production", "Production")


@pytest.mark.parametrize("is_own", [True, False])
def test_environments_do_not_wait_for_each_other(save, production, staging, is_own):
    """Neither for themselves, nor in a circle."""
    staging.comes_after = production
    staging.save()
    answer = save(comes_after=str(production.pk if is_own else staging.pk))
    assert "They would wait for each other" in answer.text


def test_an_environment_comes_after_one_of_its_own_project(save):
    """Another project's bytes are other bytes."""
    other = factories.make_environment()
    assert f"{other} is of another project." in save(comes_after=str(other.pk)).text
