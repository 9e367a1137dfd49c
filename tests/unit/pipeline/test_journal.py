"""The journal of one run: what threads said becomes rows, numbered, in portions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.pipeline.log import AT_ONCE, Journal
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_many_lines_are_written_in_portions_each_in_a_transaction_of_its_own():
    """Whoever wants to write, too, does not wait for all of them."""
    release = factories.make_release()
    journal = Journal(release=release)
    count = 2 * AT_ONCE + 1
    for number in range(count):
        journal.say(f"line {number}")

    with CaptureQueriesContext(connection) as done:
        journal.flush()

    written = list(release.log.order_by("number").values_list("number", "text"))
    assert written == [(number + 1, f"line {number}") for number in range(count)]
    assert sum(query["sql"] == "COMMIT" for query in done) == 3


@pytest.mark.django_db
def test_a_journal_that_was_dropped_takes_no_line_more():
    """Threads of a worker that was taken over may still say something; the next one numbers now."""
    release = factories.make_release()
    journal = Journal(release=release)
    journal.say("before")
    journal.drop()
    journal.say("after")
    journal.flush()
    assert not release.log.exists()


@pytest.mark.django_db
def test_what_was_said_since_goes_on_with_the_next_number():
    """Also in the journal of the next worker."""
    release = factories.make_release()
    for _ in range(2):
        journal = Journal(release=release)
        journal.say("one")
        journal.flush()
        journal.flush()
        journal.say("two")
        journal.flush()
    assert list(release.log.order_by("number").values_list("number", "text")) == [
        (1, "one"), (2, "two"), (3, "one"), (4, "two")]
