"""The log as a list: read by whoever may look at its project, changed by nobody."""

import pytest
from django.utils import timezone

from deployments.models import LogLine
from tests import factories

from .conftest import listing, page


@pytest.fixture
def lines(production):
    """A line of a deployment, one of a build, and one of another project."""
    now = timezone.now()
    deployment = factories.make_deployment(production)
    build = factories.make_release(production.project)
    other = factories.make_release(factories.make_project(name="Secret", slug="secret"))
    return [
        LogLine.objects.create(deployment=deployment, number=1, at=now, server_name="web-1",
                               step="copy", text="copied <b>all</b>"),
        LogLine.objects.create(release=build, number=1, at=now, text="built"),
        LogLine.objects.create(release=other, number=1, at=now, text="not for everybody"),
    ]


def test_people_see_the_lines_of_their_projects_alone(lines, viewer, browse):
    """Of deployments and of builds, markup escaped."""
    answer = browse(viewer).get(listing(LogLine))

    shown = {row.text for row in answer.context["cl"].result_list}
    assert shown == {"copied <b>all</b>", "built"}
    assert b"copied &lt;b&gt;all" in answer.content
    assert b"not for everybody" not in browse(viewer).get(page(lines[2]), follow=True).content


def test_a_superuser_reads_all_and_changes_none(lines, admin, browse):
    """No form adds, changes or deletes a line."""
    client = browse(admin)

    assert len(client.get(listing(LogLine)).context["cl"].result_list) == 3
    assert client.get(page(lines[0])).status_code == 200
    assert client.post(page(lines[0]), {"text": "forged"}).status_code == 403
    assert client.post(page(lines[0], "delete"), {"post": "yes"}).status_code == 403
    assert client.get(listing(LogLine, "add")).status_code == 403
    lines[0].refresh_from_db()
    assert lines[0].text == "copied <b>all</b>"


def test_an_outsider_finds_no_line(lines, outsider, browse):
    """Without an allowlist entry nobody signs in, so nothing is shown."""
    answer = browse(outsider).get(listing(LogLine), follow=True)

    assert b"copied" not in answer.content
    assert b"built" not in answer.content
