"""Attacks on rows: columns that no form shows, and rows of a project that is somebody else's."""

from datetime import time, timedelta
from types import SimpleNamespace

import pytest
from django.db.models import BooleanField, CharField, DateTimeField, ForeignKey, TextField
from django.forms import ModelChoiceField
from django.urls import reverse
from django.utils import timezone

from deployments.models import AccessRequest, Deployment, Freeze, Grant, Release
from deployments.site import site
from tests import factories
from tests.unit.admin.conftest import form_of, listing, page

from .trying import browser_of, without_drawing

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(db):
    """Somebody else's project, with a row of each kind; {label of the model: its row's key}."""
    project = factories.make_project(name="Neighbours", slug="neighbours")
    environment = factories.make_environment(project, slug="live", name="Neighbours live")
    place = factories.make_installation(environment, server=factories.make_server("neighbours-1"))
    release = factories.make_release(project, label="neighbours 1")
    deployment = factories.make_deployment(environment, release=release, status="running")
    deployment.requested_by_name = "neighbours"
    deployment.save()
    rows = [project, environment, place, place.server, place.server.ssh_key, release, deployment,
            factories.make_token(environment), *place.server.pools.all(),
            factories.make_grant(factories.make_user("neighbours"), "look", project=project),
            freeze_of(environment)]
    return {type(row): row for row in rows}


@pytest.fixture
def keeper(shop):
    """Sets shop up and edits its commands, and nothing else."""
    return factories.make_user("keeper", shop, "set_up", "commands")


def freeze_of(environment, **over):
    today = timezone.now().date()
    return Freeze.objects.create(
        project=environment.project, environment=environment, reason="neighbours",
        from_date=today - timedelta(days=1), until_date=today + timedelta(days=2),
        from_time=time(), until_time=time(), **over)


# -- columns -----------------------------------------------------------------------------------

def hostile(field, attacker):
    """What somebody would write into a column that the form does not show."""
    if isinstance(field, BooleanField):
        return True
    if isinstance(field, ForeignKey):
        return attacker.pk
    if isinstance(field, DateTimeField):
        return "2001-02-03 04:05"
    return "evil" if isinstance(field, (CharField, TextField)) else "77"


def written_besides(browser, row, attacker):
    """Columns of a row that its own form does not show, and that a POST of it changed."""
    address = page(row)
    opened = browser.get(address)
    sent = form_of(SimpleNamespace(context=opened.context_data))
    columns = [field for field in row._meta.concrete_fields if not field.primary_key]
    hidden = [field for field in columns if field.name not in sent]
    stored = row._meta.model.objects.filter(pk=row.pk)
    stored.update(**{field.name: False for field in hidden if isinstance(field, BooleanField)
                     and field.name != "is_active"})
    before = stored.values().get()
    wanted = {field.name: hostile(field, attacker) for field in hidden}
    crafted = {f"{name}{part}": str(value)[cut] for name, value in wanted.items()
               for part, cut in (("", slice(None)), ("_0", slice(10)), ("_1", slice(11, None)))}
    assert browser.post(address, crafted | sent).status_code in (200, 302)
    after = stored.values().get()
    shown = opened.context_data["adminform"].form.fields  # a box without a tick is not sent
    return {field.name for field in hidden if field.name not in shown
            and before[field.attname] != after[field.attname]
            and str(after[field.attname])[:4] == str(wanted[field.name])[:4]}


def test_no_form_of_the_admin_writes_a_column_that_it_does_not_show(admin, outsider, production):
    """Mass assignment, for each model that somebody may change: superuser, author, second person,
    fingerprints, who edited what."""
    browser, place = browser_of(admin), production.installations.first()
    victim = factories.make_user("victim")
    rows = [production.project, production, place, place.server, place.server.ssh_key, victim,
            freeze_of(production),
            factories.make_grant(victim, "release", project=production.project, reason="Stands in",
                                 needs_second=True, granted_by=outsider)]
    with without_drawing():
        found = {type(row).__name__: written_besides(browser, row, outsider) for row in rows}
    assert found == {name: set() for name in found}
    victim.refresh_from_db()
    assert not victim.is_superuser


# -- rows of others ----------------------------------------------------------------------------

def choices_in(response):
    """Every choice of rows that an admin's form offers."""
    context = response.context_data
    forms = [context["adminform"].form] if "adminform" in context else [context["form"]]
    for inline in context.get("inline_admin_formsets", ()):
        forms += [*inline.formset.forms, inline.formset.empty_form]
    for form in forms:
        for name, field in form.fields.items():
            if isinstance(field, ModelChoiceField) and name != "id":  # a row of the form itself
                yield name, field.queryset


def test_no_choice_of_any_form_holds_a_row_of_another_project(keeper, shop, production, theirs):
    """Environment, server, key, release, rule: what is not offered is no valid choice either."""
    browser, place = browser_of(keeper), production.installations.first()
    grant = factories.make_grant(factories.make_user("victim"), "look", project=shop)
    addresses = [page(row) for row in (shop, production, place, grant, freeze_of(production))]
    addresses += [listing(model, "add") for model in site._registry]
    seen = 0
    with without_drawing():
        for address in addresses:
            response = browser.get(address)
            if response.status_code != 200:
                continue
            for name, rows in choices_in(response):
                other = theirs.get(rows.model)
                assert other is None or other not in rows, (address, name)
                seen += 1
    assert seen > 20


def test_the_list_of_suggestions_names_nobody_elses_rows(keeper, production, theirs):
    """Django answers it for every relation between models that can be searched."""
    browser = browser_of(keeper)
    relations = {field.related_model: (model, field) for model in site._registry
                 for field in model._meta.get_fields() if field.related_model in site._registry}
    assert set(theirs) & set(relations)
    for model, field in relations.values():
        answer = browser.get("/admin/autocomplete/", {
            "app_label": model._meta.app_label, "model_name": model._meta.model_name,
            "field_name": field.name, "term": ""})
        assert "eighbours" not in answer.text, (model, field.name)


@pytest.mark.parametrize("who", ["keeper", "releaser"])
def test_a_row_of_others_and_no_row_at_all_are_answered_alike(who, request, production, theirs):
    """By the number in an address, and by what a list is asked for."""
    browser = browser_of(request.getfixturevalue(who))
    with without_drawing():
        for model, row in theirs.items():
            if model not in site._registry:
                continue
            for name in ("change", "history", "delete"):
                answers = [browser.get(page(one, name)) for one in (row, model(pk=99_999))]
                assert answers[0].status_code == answers[1].status_code != 200, (model, name)
                assert answers[0].get("Location") == answers[1].get("Location"), (model, name)
            for question in ({"q": "n"}, {"id__exact": row.pk}):
                answer = browser.get(listing(model), question)
                rows = answer.context_data["cl"].result_list if answer.status_code == 200 else []
                assert row not in rows, (model, question)


def test_no_export_holds_a_row_of_another_project(releaser, keeper, production, theirs):
    """Whatever the address of the list asked for."""
    factories.make_deployment(production)
    for user in (releaser, keeper):
        browser = browser_of(user)
        for model in site._registry:
            meta = model._meta
            names = {pattern.name for pattern in site.get_model_admin(model).get_urls()}
            name = f"{meta.app_label}_{meta.model_name}_export"
            if name not in names:
                continue
            answer = browser.post(f"{reverse(f'admin:{name}')}?q=n")
            content = b"".join(answer) if answer.streaming else answer.content
            assert b"eighbours" not in content, name


def test_a_question_about_anothers_row_is_answered_as_about_none(
        keeper, releaser, production, theirs):
    """Names in an address's question or in a form: places, versions, edits, people's entries."""
    named = theirs[Release].name
    releasing, keeping = browser_of(releaser), browser_of(keeper)
    for send, address, question in (
            (releasing.post, "/admin/release/shop/production/confirm/", {"version": "{}"}),
            (releasing.post, "/admin/go-back/shop/production/", {"version": "{}"}),
            (releasing.post, "/admin/access/ask/", {
                "place": "{}/live", "action": "release", "reason": "Why not"}),
            (releasing.get, "/admin/history/", {"project": "{}", "who": "{}"}),
            (keeping.get, "/admin/access/why/", {
                "place": "{}/live", "action": "release", "person": theirs[Grant].user_id})):
        answers = [send(address, {key: str(value).format(name) for key, value in question.items()})
                   for name in (named if "version" in question else "neighbours", "missing")]
        assert answers[0].status_code == answers[1].status_code, address
        assert "Neighbours" not in answers[0].text, address
        assert theirs[Release].label not in answers[0].text, address
    assert not AccessRequest.objects.exists()
    assert not Deployment.objects.filter(environment__project__slug="shop").exists()
