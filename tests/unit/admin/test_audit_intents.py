"""What was announced in the audit log, and what became of it, as people read the list."""

from deployments import audit
from deployments.audit import open_intents

LIST = "/admin/deployments/auditentry/"


def test_open_intents_are_a_filter(production, admin, browse):
    """Whose outcome nobody told; a later outcome of the same row closes the newest."""
    for outcome in ("intended", "intended", "done"):
        audit.record("step.switch", f"Switch: {outcome}", outcome=outcome,
                     environment=production, deployment=7)
    audit.record("step.switch", "Switch elsewhere", outcome="intended", deployment=8)
    found = browse(admin).get(f"{LIST}?result=open").context["part"].rows
    assert [row.seq for row in found] == [4, 1]


def shown(client, query=""):
    """{number: (words of the result, its tone, number of the outcome)}, newest first."""
    rows = client.get(f"{LIST}{query}").context["rows"]
    return {row["entry"].seq: (str(row["result"]), row["tone"], row["end"]) for row in rows}


def test_an_intent_is_joined_to_its_outcome_and_both_rows_stay(production, admin, browse):
    """One event reads like one; the chain has two entries, and so has the list."""
    for outcome in ("intended", "done", "intended", "failed"):
        audit.record("step.switch", f"Switch: {outcome}", outcome=outcome,
                     environment=production, deployment=7)
    client = browse(admin)
    assert shown(client) == {
        4: ("Failed", "bad", None), 3: ("Then: Failed", "quiet", 4),
        2: ("Done", "good", None), 1: ("Then: Done", "quiet", 2)}
    text = client.get(LIST).text
    assert text.count('class="event announced"') == 2
    assert "Then: Done (2)</a>" in text
    assert shown(client, "?result=intended") == {
        3: ("Then: Failed", "quiet", 4), 1: ("Then: Done", "quiet", 2)}


def test_an_intent_without_an_outcome_stands_out(production, admin, browse, monkeypatch):
    """Under way, or lost; and it claims no more than was looked through."""
    audit.record("release.building", "About to build", outcome="intended", about=production)
    audit.record("release.ready", "Built another", about=production.project)
    client = browse(admin)
    assert shown(client)[1] == ("No outcome yet", "warn", None)
    audit.record("release.ready", "Built one more", about=production.project)
    audit.record("release.ready", "Built", about=production)
    monkeypatch.setattr(open_intents, "REACH", 2)
    assert shown(client)[1] == ("No outcome in the 2 entries after it", "warn", None)
    monkeypatch.setattr(open_intents, "REACH", 3)
    assert shown(client)[1] == ("Then: Done", "quiet", 4)


def test_outcomes_are_found_by_one_query_and_belong_to_the_newest_intent(
        production, monkeypatch, django_assert_num_queries):
    """Of two workers the first was lost, far away in the log or near by."""
    monkeypatch.setattr(open_intents, "REACH", 4)
    outcomes = ["intended", "intended", "done", *["refused"] * 6, "intended", "done"]
    rows = [audit.record("step.switch", "Switch", outcome=outcome, deployment=7)
            for outcome in outcomes]
    intents = [row for row in rows if row.outcome == "intended"]
    with django_assert_num_queries(1):
        found = open_intents.outcomes_of(intents)
    assert found == {2: (3, "done"), 1: (4, "refused"), 10: (11, "done")}


def test_an_outcome_of_an_intent_that_is_not_shown_is_given_to_no_other(production, monkeypatch):
    """Between two that are shown far apart, entries were not looked at."""
    monkeypatch.setattr(open_intents, "REACH", 1)
    switch, other = "step.switch", "test.made"
    told = [(switch, "intended", 7), (other, "done", 7), (switch, "intended", 7),
            (other, "done", 7), (switch, "intended", 8), (switch, "done", 7)]
    rows = [audit.record(action, "Switch", outcome=outcome, deployment=number)
            for action, outcome, number in told]
    assert open_intents.outcomes_of([rows[0], rows[4]]) == {}
    assert open_intents.outcomes_of([rows[0], rows[2], rows[4]]) == {}
    monkeypatch.setattr(open_intents, "REACH", 3)
    assert open_intents.outcomes_of([rows[0], rows[2], rows[4]]) == {3: (6, "done")}
