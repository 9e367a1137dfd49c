"""Django's lists, in our own template: each cell can tell what it is where no head stands above."""

import re
from html import unescape
from urllib.parse import parse_qs

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from tests import factories

ROW = Engine(libraries={"labelled": "deployments.templatetags.labelled"}).from_string(
    "{% load labelled %}{% for cell, head in cells|beside:heads %}{{ cell|labelled:head }}"
    "{% endfor %}")
HEADS = [{"text": mark_safe('<input type="checkbox">')}, {"text": "who"}, {"text": 'from "where"'}]


def shown(*cells, heads=HEADS):
    return ROW.render(Context({"cells": cells, "heads": heads}))


def test_each_cell_says_the_head_of_its_column():
    """Escaped; a row's own name and a box to tick say none. Each keeps its role, whatever CSS does
    with the table."""
    assert shown(
        mark_safe("<td><input></td>"), mark_safe('<th class="field-who">Ada</th>'),
        mark_safe('<td class="field-where">web-1</td>')) == (
        '<td role="cell"><input></td><th role="rowheader" scope="row" class="field-who">Ada</th>'
        '<td role="cell" data-label="From &quot;where&quot;" class="field-where">web-1</td>')


def test_a_cell_without_a_value_is_marked():
    """A phone leaves it out: “Networks: -” tells nobody anything. A picture is a value."""
    for cell in ("<td>-</td>", '<td class="field-who"><a href="/x">-</a></td>'):
        assert " data-empty" in shown(mark_safe(cell), heads=HEADS[1:])
    for cell in ("<td>web-1</td>", '<td><img alt="yes">-</td>', "<td>0</td>"):
        assert " data-empty" not in shown(mark_safe(cell), heads=HEADS[1:])


def test_what_a_cell_says_stays_as_django_escaped_it():
    """Only the tag in front is touched."""
    cell = mark_safe("<td>&lt;td onclick&gt;</td>")
    assert shown(cell, heads=HEADS[1:]) == (
        '<td role="cell" data-label="Who">&lt;td onclick&gt;</td>')


def test_a_cell_that_nobody_escaped_is_escaped():
    """A label makes nothing safe that was not."""
    assert shown("<td><script></td>", heads=HEADS[1:]).startswith("&lt;td role=")


def test_a_list_is_named_by_what_it_holds(browse, admin, shop):
    """Not “Select project to change”; and one of it by its own name."""
    browser = browse(admin)
    answer = browser.get("/admin/deployments/project/").text
    assert "<h1>Projects</h1>" in answer
    assert "<title>Projects · " in answer
    assert 'data-label="Short name"' in answer
    one = browser.get(f"/admin/deployments/project/{shop.pk}/change/").text
    assert f"<h1>{shop.name}</h1>" in one


def test_an_empty_list_says_so(browse, admin, shop):
    """Nothing yet, or nothing that was searched for, with the way back."""
    browser = browse(admin)
    assert "Nothing here yet." in browser.get("/admin/deployments/sshkey/").text
    found = browser.get("/admin/deployments/project/?q=nowhere").text
    assert "Nothing matches." in found
    assert '<a href="?">Show all</a>' in found


def test_a_filter_speaks_in_words(browse, admin, shop):
    """No key of ours, and no dash for “no value”; a name that looks like a key stays as it is."""
    factories.make_deployment(status="awaiting_approval")
    factories.make_grant(admin, "look")
    factories.make_grant(admin, "look", project=factories.make_project(name="shop_one.example"))
    browser = browse(admin)
    assert ">awaiting approval</a>" in browser.get("/admin/deployments/deployment/").text
    filters = browser.get("/admin/deployments/grant/").text.split('id="changelist-filter"')[1]
    assert ">None</a>" in filters
    assert ">shop_one.example</a>" in filters


def test_chosen_filters_are_named_and_each_can_be_taken_away(browse, admin, shop):
    """With what it says; the others, and what is searched for, stay."""
    other = factories.make_project(name="Blog")
    for project, action in ((shop, "look"), (other, "release")):
        factories.make_grant(admin, action, project=project)
    asked = {"project__id__exact": shop.pk, "action__exact": "look", "q": "admin"}
    text = browse(admin).get("/admin/deployments/grant/", asked).text
    chips = text.partition('id="chosen-filters"')[2].partition("</ul>")[0]
    links = dict(re.findall(r'<a href="([^"]*)">([^<]*?) <span', chips))
    assert {words: sorted(parse_qs(unescape(address).strip("?"))) for address, words
            in links.items()} == {"Project: Shop": ["action__exact", "q"],
                                  "Action: look": ["project__id__exact", "q"]}
    assert chips.count(", remove this filter") == 2
    assert "<summary>Project</summary>" in text
    assert "chosen-filters" not in browse(admin).get("/admin/deployments/grant/").text
