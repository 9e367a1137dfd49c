"""Times as each person reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from deployments import zones
from deployments.models import Account, AuditEntry
from deployments.services import time_zones
from deployments.services.moments import near
from tests import factories

PAGE = "/admin/time-zone/"
AT = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def test_a_person_reads_times_in_the_zone_of_their_choice(production, releaser, viewer, sign_in):
    """On every page, from the next one on; another person's pages stay as they were."""
    row = factories.make_deployment(production)
    type(row).objects.filter(pk=row.pk).update(requested_at=AT)
    client = sign_in(releaser)
    assert "30 Nov, 07:00" in client.get("/admin/history/").text
    assert client.post(PAGE, {"zone": "Asia/Tokyo"}).status_code == 303
    text = client.get("/admin/history/").text
    assert '<time datetime="2026-11-30T16:00:00+09:00" title="30 Nov 2026, 16:00:00 JST">' in text
    assert "30 Nov, 07:00" in sign_in(viewer).get("/admin/history/").text


def test_the_choice_is_in_the_log_and_can_be_taken_back(releaser, sign_in):
    """Choosing the same again is no news."""
    client = sign_in(releaser)
    for zone in ("Europe/Berlin", "Europe/Berlin", ""):
        client.post(PAGE, {"zone": zone})
    entries = AuditEntry.objects.filter(action="account.changed").order_by("seq")
    assert [row.after for row in entries] == [{"time zone": "Europe/Berlin"}, {"time zone": ""}]
    assert time_zones.zone_of(releaser) == ""


@pytest.mark.parametrize("zone", ["Mars/Base", "CET", "../../etc/passwd", "x" * 500])
def test_what_is_no_zone_is_refused(zone, releaser, sign_in):
    """With a sentence, and nothing is changed."""
    response = sign_in(releaser).post(PAGE, {"zone": zone})
    assert response.status_code == 409
    assert "is no time zone." in response.text
    assert "Choose one from the list." in response.text
    assert time_zones.zone_of(releaser) == ""


def test_the_page_shows_what_is_chosen(releaser, sign_in, monkeypatch):
    """And what time it is there."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # no minute begins meanwhile
    Account.objects.create(user=releaser, time_zone="America/New_York")
    text = sign_in(releaser).get(PAGE).text
    assert '<option value="America/New_York" selected>New York</option>' in text
    assert f"{now.astimezone(ZoneInfo('America/New_York')):%H:%M}</time>" in text


def test_a_zone_that_is_known_no_more_is_the_installations_own(releaser, sign_in):
    """No page fails for a name that this machine's list of zones lost."""
    Account.objects.create(user=releaser, time_zone="Atlantis/Capital")
    assert sign_in(releaser).get(PAGE).status_code == 200


def test_sentences_name_a_zone_that_is_not_the_usual_one():
    """They stand in the log and in mails of people elsewhere."""
    now = AT - timedelta(days=1)
    assert near(AT, at=now) == "Mon 07:00"
    assert zones.shown(AT, "d M, H:i") == "30 Nov, 07:00"
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert near(AT, at=now) == "Mon 08:00 CET"
        assert zones.shown(AT, "d M, H:i") == "30 Nov, 08:00 CET"


def test_a_version_is_called_the_same_in_every_zone(production):
    """Its name may have the time in it."""
    release = factories.make_release(production.project, label="", ref="")
    title = release.title
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert release.title == title


@pytest.mark.parametrize(("text", "name"), [
    ("Berlin", "Europe/Berlin"), ("new york", "America/New_York"), (" utc ", "UTC"),
    ("europe/berlin", "Europe/Berlin"), ("Berln", ""), ("", ""), ("CET", ""),
    ("Istanbul", "Asia/Istanbul")])
def test_a_city_is_zone_enough(text, name):
    """As people write it in a form."""
    assert zones.meant_by(text) == name
