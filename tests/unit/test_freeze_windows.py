"""When a freeze is in force: week ends, New Year, leap days, clocks put on and back."""

from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from deployments.freeze_windows import (
    current_window,
    is_in_force,
    moment,
    moment_words,
    next_window,
    times_words,
    until_words,
)

BERLIN = "Europe/Berlin"
FRIDAY, SATURDAY, SUNDAY, MONDAY = 4, 5, 6, 0


def freeze(repeats="once", *, zone=BERLIN, since="00:00", until="00:00", **fields):
    begins, ends = (time.fromisoformat(text) for text in (since, until))
    return SimpleNamespace(repeats=repeats, time_zone=zone, from_time=begins, until_time=ends,
                           is_active=True, **fields)


def weekly(first, last, **fields):
    return freeze("weekly", from_weekday=first, until_weekday=last, **fields)


def yearly(first, last, **fields):
    return freeze("yearly", from_month=first[0], from_day=first[1], until_month=last[0],
                  until_day=last[1], **fields)


def once(first, last, **fields):
    return freeze(from_date=date.fromisoformat(first), until_date=date.fromisoformat(last),
                  **fields)


def at(text, zone=BERLIN, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def edges(row, *, first, last):
    """Whether it is in force just before, at, just before the end and at the end."""
    second = datetime.resolution * 1_000_000
    return [is_in_force(row, each) for each in (first - second, first, last - second, last)]


INSIDE = [False, True, True, False]


def test_one_that_is_switched_off_is_never_in_force():
    """Nor does it come again."""
    row = once("2026-11-27", "2026-11-30")
    row.is_active = False

    assert not is_in_force(row, at("2026-11-28 12:00"))
    assert next_window(row, at("2026-11-01 12:00")) is None


def test_once_is_from_its_first_moment_until_before_its_last():
    """A release planned for its end is let through."""
    row = once("2026-11-27", "2026-11-30", until="08:00")

    assert edges(row, first=at("2026-11-27 00:00"), last=at("2026-11-30 08:00")) == INSIDE


def test_local_times_are_those_of_its_zone_and_not_of_who_asks():
    """Eight in Auckland is nineteen the day before in London."""
    row = once("2026-12-01", "2026-12-01", since="08:00", until="09:00", zone="Pacific/Auckland")

    assert edges(row, first=utc("2026-11-30 19:00"), last=utc("2026-11-30 20:00")) == INSIDE


def test_once_has_no_window_after_it():
    """The list of freezes calls it past."""
    row = once("2026-11-27", "2026-11-30")

    assert next_window(row, at("2026-11-01 00:00")).start == at("2026-11-27 00:00")
    assert next_window(row, at("2026-12-01 00:00")) is None


def test_what_ends_before_it_begins_is_never_in_force():
    """The form refuses it; a row written otherwise must do no harm."""
    assert not is_in_force(once("2026-11-30", "2026-11-27"), at("2026-11-28 12:00"))


def test_weekly_goes_over_the_week_end():
    """From Friday to Monday leads from one week into the next."""
    row = weekly(FRIDAY, MONDAY, since="16:00", until="07:00")

    for friday, monday in (("2026-11-27", "2026-11-30"), ("2026-12-04", "2026-12-07")):
        assert edges(row, first=at(f"{friday} 16:00"), last=at(f"{monday} 07:00")) == INSIDE
    assert not is_in_force(row, at("2026-12-02 12:00"))


def test_weekly_goes_over_new_year():
    """The week knows no year."""
    row = weekly(FRIDAY, MONDAY, since="16:00", until="07:00")

    assert edges(row, first=at("2027-12-31 16:00"), last=at("2028-01-03 07:00")) == INSIDE


def test_weekly_goes_over_midnight():
    """Sunday evening belongs to Monday morning."""
    row = weekly(SUNDAY, MONDAY, since="22:00", until="04:00")

    assert edges(row, first=at("2026-11-29 22:00"), last=at("2026-11-30 04:00")) == INSIDE


def test_weekly_within_one_day_is_that_day_only():
    """The same day twice is no whole week."""
    row = weekly(SATURDAY, SATURDAY, since="08:00", until="20:00")

    assert edges(row, first=at("2026-11-28 08:00"), last=at("2026-11-28 20:00")) == INSIDE
    assert not is_in_force(row, at("2026-11-27 12:00"))


def test_weekly_to_an_earlier_time_of_the_same_day_lasts_nearly_a_week():
    """From Monday 08:00 until Monday 07:00: one hour a week is left to release in."""
    row = weekly(MONDAY, MONDAY, since="08:00", until="07:00")

    assert edges(row, first=at("2026-11-23 08:00"), last=at("2026-11-30 07:00")) == INSIDE
    assert is_in_force(row, at("2026-11-30 08:00"))


def test_the_next_weekly_window_is_this_one_while_it_lasts():
    """At its end the next is a week away."""
    row = weekly(FRIDAY, MONDAY, since="16:00", until="07:00")

    assert next_window(row, at("2026-11-28 12:00")).start == at("2026-11-27 16:00")
    assert next_window(row, at("2026-11-30 07:00")).start == at("2026-12-04 16:00")
    assert current_window(row, at("2026-11-30 07:00")) is None


def test_a_weekly_window_has_the_length_that_clocks_show():
    """Clocks were put back on 25 October 2026: its night has an hour more, in March one less."""
    row = weekly(SATURDAY, SUNDAY, since="20:00", until="20:00")
    hours = {day: (window.end - window.start).total_seconds() / 3600
             for day in ("2026-03-28", "2026-10-24", "2026-11-28")
             for window in [current_window(row, at(f"{day} 22:00"))]}

    assert hours == {"2026-03-28": 23, "2026-10-24": 25, "2026-11-28": 24}


def test_an_hour_that_comes_twice_counts_from_its_first_to_its_second_showing():
    """02:30 on 25 October 2026 is 00:30 UTC and 01:30 UTC."""
    from_it = once("2026-10-25", "2026-10-25", since="02:30", until="06:00")
    until_it = once("2026-10-25", "2026-10-25", since="01:00", until="02:30")

    assert edges(from_it, first=utc("2026-10-25 00:30"), last=utc("2026-10-25 05:00")) == INSIDE
    assert edges(until_it, first=utc("2026-10-24 23:00"),
                 last=utc("2026-10-25 01:30")) == INSIDE


def test_an_hour_that_is_left_out_is_the_moment_of_the_jump():
    """At 01:00 UTC on 29 March 2026 clocks go from 02:00 to 03:00: nobody sees 02:30."""
    from_it = once("2026-03-29", "2026-03-29", since="02:30", until="06:00")
    until_it = once("2026-03-29", "2026-03-29", since="01:00", until="02:30")

    assert edges(from_it, first=utc("2026-03-29 01:00"), last=utc("2026-03-29 04:00")) == INSIDE
    assert edges(until_it, first=utc("2026-03-29 00:00"),
                 last=utc("2026-03-29 01:00")) == INSIDE


def test_a_window_within_the_left_out_hour_is_not_there_that_day():
    """It begins and ends at the jump."""
    row = weekly(SUNDAY, SUNDAY, since="02:10", until="02:50")

    assert not is_in_force(row, utc("2026-03-29 01:00"))
    assert is_in_force(row, at("2026-03-22 02:30"))


@pytest.mark.parametrize(("zone", "day", "wall", "jump"), [
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:00"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:30"),  # by half an hour
    ("America/Havana", "2026-03-08", "00:30", "2026-03-08 05:00"),  # at midnight
])
def test_the_jump_is_found_wherever_it_is(zone, day, wall, jump):
    """At two, by half an hour, and at midnight, where a day begins at one."""
    found = moment(date.fromisoformat(day), time.fromisoformat(wall), ZoneInfo(zone))

    assert found == utc(jump)


def test_a_day_that_a_zone_left_out_ends_and_begins_at_the_jump():
    """Samoa had no 30 December 2011: it went over the date line."""
    zone = "Pacific/Apia"
    row = once("2011-12-29", "2011-12-30", since="12:00", until="12:00", zone=zone)

    assert edges(row, first=utc("2011-12-29 22:00"), last=utc("2011-12-30 10:00")) == INSIDE


def test_yearly_goes_over_new_year():
    """What ends earlier in the year than it begins ends in the next one."""
    row = yearly((12, 20), (1, 6), since="18:00", until="08:00")

    for year in (2025, 2026):
        assert edges(row, first=at(f"{year}-12-20 18:00"),
                     last=at(f"{year + 1}-01-06 08:00")) == INSIDE
    assert not is_in_force(row, at("2026-07-01 12:00"))


def test_yearly_within_a_year_comes_again():
    """On the same days of the next year."""
    row = yearly((11, 27), (11, 30), until="08:00")

    assert edges(row, first=at("2026-11-27 00:00"), last=at("2026-11-30 08:00")) == INSIDE
    assert next_window(row, at("2026-12-01 00:00")).start == at("2027-11-27 00:00")


def test_the_next_yearly_window_over_new_year_is_the_one_that_lasts():
    """In January it is the one of last year."""
    row = yearly((12, 20), (1, 6))

    assert next_window(row, at("2026-01-03 12:00")).start == at("2025-12-20 00:00")
    assert next_window(row, at("2026-01-06 00:00")).start == at("2026-12-20 00:00")


def test_a_leap_day_is_itself_in_leap_years():
    """2028 has one."""
    row = yearly((2, 29), (2, 29), since="08:00", until="18:00")

    assert edges(row, first=at("2028-02-29 08:00"), last=at("2028-02-29 18:00")) == INSIDE


def test_a_leap_day_is_from_the_day_before_until_the_day_after_in_other_years():
    """Rather a day too long than none at all."""
    row = yearly((2, 29), (2, 29), since="08:00", until="18:00")

    assert edges(row, first=at("2027-02-28 08:00"), last=at("2027-03-01 18:00")) == INSIDE


def test_a_window_until_a_leap_day_is_never_empty():
    """Read as 28 February it would begin and end at once."""
    row = yearly((2, 28), (2, 29))

    assert edges(row, first=at("2027-02-28 00:00"), last=at("2027-03-01 00:00")) == INSIDE


def test_it_is_said_until_when_and_why():
    """The words of every page."""
    row = once("2026-11-27", "2026-11-30", until="08:00")
    now, zone = at("2026-11-27 16:00"), ZoneInfo(BERLIN)

    words = until_words(current_window(row, now), "Black Friday", at=now, zone=zone)

    assert words == "until Mon 08:00 (Black Friday)"


def test_a_moment_is_said_as_shortly_as_it_is_plain():
    """A week day where only one such day is near; times as the reader's clock shows them."""
    now, zone = at("2026-11-27 16:00"), ZoneInfo(BERLIN)
    said = {moment_words(at(text), at=now, zone=zone) for text in (
        "2026-11-27 18:00", "2026-12-03 08:00", "2026-12-04 08:00", "2027-01-06 08:00")}

    assert said == {"18:00", "Thu 08:00", "4 Dec 08:00", "6 Jan 2027 08:00"}
    assert moment_words(utc("2026-11-27 17:00"), at=now, zone=zone) == "18:00"


def test_times_are_said_as_they_were_entered():
    """With the zone: that is what the times are of."""
    assert [times_words(row) for row in (
        weekly(FRIDAY, MONDAY, since="16:00", until="07:00"),
        yearly((12, 20), (1, 6)), once("2026-11-27", "2026-11-30", until="08:00"))] == [
        "every Friday 16:00 until Monday 07:00, Europe/Berlin",
        "every year, 20 December 00:00 until 6 January 00:00, Europe/Berlin",
        "27 November 2026 00:00 until 30 November 2026 08:00, Europe/Berlin"]
