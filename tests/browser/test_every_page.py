"""Rules that hold on every page and state: at three widths, light and dark."""

from deployments.models import Release
from tests import factories

from .examining import faults_of, too_heavy

EMPTY = ("", "history/", "approvals/", "freezes/", "numbers/", "health/", "access/",
         "deployments/auditentry/", "deployments/project/")
FORMS = ("environment", "project", "installation", "new server")
PHONE = {"viewport": {"width": 320, "height": 640}}
MEANT = ("403 (Forbidden)", "404 (Not Found)", "405 (Method Not Allowed)", "409 (Conflict)",
         "422 (Unprocessable Entity)", "500 (Internal Server Error)", "503 (Service Unavailable)",
         "net::ERR_INTERNET_DISCONNECTED")
"""Answers that the console mentions, and that are meant so."""


def test_every_page_passes_axe_without_scrolling_or_complaints(every):
    """At 320, 768 and 1280 px, light and dark: no rule broken, nothing wider than the window; the
    console is silent: nothing inline, nothing from elsewhere, no script error; none is heavy."""
    wrong = []
    for name, tab in every(reduced_motion="reduce"):
        wrong += [f"{name}: {what}" for what in too_heavy(tab)]
        wrong += [f"{name}: {fault} ({', '.join(where)})"
                  for fault, where in faults_of(tab).items()]
        wrong += [f"{name}: {line}" for line in tab.complaints
                  if not any(status in line for status in MEANT)]
    assert wrong == [], "\n".join(wrong)


def test_an_installation_without_a_project_passes_axe_too(transactional_db, visit):
    """What an administrator meets first: every page says what is not there, and what to do."""
    admin = factories.make_user("first", is_staff=True, is_superuser=True)
    tab = visit(admin, reduced_motion="reduce")
    wrong = []
    for path in EMPTY:
        tab.goto(f"/admin/{path}")
        wrong += [f"{path}: {fault} ({', '.join(where)})"
                  for fault, where in faults_of(tab).items()]
    assert (wrong, tab.complaints) == ([], [])


def test_a_long_name_does_not_make_the_home_page_scroll_sideways(every):
    """A branch may have 200 letters without a space, and a desk has 1100 px."""
    Release.objects.update(label="", ref="feature/" + "a" * 150)
    wide = {name: width for name, tab in every(("home",), viewport={"width": 1100, "height": 800})
            if (width := tab.evaluate("document.documentElement.scrollWidth")) > 1100}
    assert wide == {}


CUT_OFF = """() => {
  const inner = (element) => element.getBoundingClientRect();
  const card = inner(document.querySelector("#content")).right;
  return [...document.querySelectorAll(".form-row :is(input, textarea, select), .help")]
    .filter((element) => !element.closest(".inline-group") && inner(element).right > card)
    .map((element) => element.id || element.textContent.trim());
}"""


def test_no_form_is_cut_off_on_a_phone(every):
    """Inputs and their help end inside the card; the tables of rows in it may scroll."""
    cut = {name: parts for name, tab in every(FORMS, **PHONE)
           if (parts := tab.evaluate(CUT_OFF))}
    assert cut == {}
