"""Project, Versions: no dead list; each row leads to where it can be brought live."""

import pytest

from deployments.models import Release
from tests import factories
from tests.unit.pages.test_many_rows import asked
from tests.unit.pages.test_release_pages import text_of

PAGE = "/admin/projects/shop/versions/"
REVIEW, BACK = "/admin/release/shop/{}/review/?version={}", "/admin/go-back/shop/{}/?version={}"


@pytest.fixture
def versions(staging, production):
    """1.0 was live in Staging, 2.0 is; 3.0 was never anywhere, and 4.0 could not be built."""
    made = {label: factories.make_release(staging.project, label=label)
            for label in ("1.0", "2.0", "3.0")}
    for label in ("1.0", "2.0"):
        factories.make_deployment(staging, release=made[label])
    made["4.0"] = factories.make_release(staging.project, label="4.0")
    Release.objects.filter(pk=made["4.0"].pk).update(status="failed")
    return {label: row.name for label, row in made.items()}


def test_a_version_leads_to_releasing_it_or_to_going_back(versions, releaser, sign_in):
    """Back where it was live, forward where it was not, nothing where it is live or not built."""
    answer = text_of(sign_in(releaser).get(PAGE))
    back = [label for label, name in versions.items() if BACK.format("staging", name) in answer]
    to = {place: [label for label, name in versions.items()
                  if REVIEW.format(place, name) in answer] for place in ("staging", "production")}
    assert (back, to) == (["1.0"], {"staging": ["3.0"], "production": ["1.0", "2.0", "3.0"]})
    client = sign_in(releaser)
    assert "2.0" in client.get(REVIEW.format("production", versions["2.0"])).text
    assert client.get(BACK.format("staging", versions["1.0"])).status_code == 200


def test_who_may_nothing_there_reads_why_and_what_helps(versions, viewer, sign_in):
    """Once per environment, not in every row; and no column without a link."""
    answer = text_of(sign_in(viewer).get(PAGE))
    assert "/review/" not in answer
    assert "Bring it live" not in answer
    assert answer.count("You can’t release to Production, nor go back there: You may not release "
                        "Shop (Production)") == 1
    assert 'access/ask/?place=shop/production">Ask for access' in answer


def test_it_asks_the_database_as_often_for_many_versions(versions, staging, releaser, sign_in):
    """Four rows, then twenty."""
    client = sign_in(releaser)
    few = asked(client, PAGE)
    for number in range(16):
        factories.make_deployment(staging, release=factories.make_release(
            staging.project, label=f"5.{number}"))
    assert asked(client, PAGE) == few
