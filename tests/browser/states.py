"""States that a week rarely shows: ends of every sort, going back, a silent worker, long names, a
person for whom nothing is there yet."""

from datetime import timedelta

from django.utils import timezone

from deployments.models import Checkup, Deployment, Project, Target
from tests import factories

LONG = "Kundenverwaltungs- und Abrechnungsportal der Niederlassung Rheinland-Westfalen"


def build(anna, ben):
    """Rows by name; every state that nothing follows is in the environment “ended”."""
    project = factories.make_project(name=LONG[:80], slug="portal")
    ended, silent, back = (_place(project, slug, server) for slug, server in (
        ("ended", "web-11"), ("silent", "web-12-in-the-cellar-of-the-old-building"),
        ("back", "web-13")))
    old, new = (factories.make_release(project, label=label)
                for label in ("5.9.0", "6.0.0-feature-" + "invoices-" * 5 + "1"))
    fields = {"requested_by": anna, "requested_by_name": "Anna Berg", "previous": old}
    rows = {status: factories.make_deployment(
        ended, release=new, status=status, result=result, finished_at=timezone.now(), **fields)
        for status, result in _ENDS.items()}
    Target.objects.filter(deployment__environment=ended).update(status="skipped", switched_at=None)
    rows["went back"] = factories.make_deployment(
        ended, release=new, status="failed", finished_at=timezone.now(),
        switching_at=timezone.now(), result=_WENT_BACK, **fields)
    rows["went back"].targets.update(status="reverted", step="put back")
    rows["silent"] = factories.make_deployment(silent, release=new, status="queued", **fields)
    Deployment.objects.filter(pk=rows["silent"].pk).update(
        requested_at=timezone.now() - timedelta(minutes=5))
    type(new).objects.filter(pk=new.pk).update(built_at=timezone.now() - timedelta(hours=1))
    rows["going back"] = factories.make_deployment(
        back, release=new, status="running", switching_at=timezone.now(), decision="put_back",
        going_back_as="cancelled",
        decided_by_name="Ben Okafor", lease_until=timezone.now() + timedelta(hours=1), **fields)
    rows["going back"].targets.update(status="switched", step="put back")
    Checkup.objects.create(installation=silent.installations.get(), asked_by_name="Anna Berg")
    return {"states": rows, "nora": _nora()}


_ENDS = {
    "rejected": "Ben Okafor said no: “Not on a Friday”.",
    "expired": "Nobody answered for 24 h. Ask again if it is still wanted.",
    "voided": "The version moved while it waited. Anna Berg must ask again.",
    "cancelled": "Anna Berg stopped it before anything was switched.",
}
_WENT_BACK = ("The page / answered 500 on web-11. It went back to 5.9.0 by itself; visitors see "
              "5.9.0.")


def _place(project, slug, server):
    place = factories.make_environment(project, slug=slug, site_host=f"{slug}.portal.example")
    factories.make_installation(place, server=factories.make_server(server))
    return place


def _nora():
    """She may look at one project, which is empty."""
    nora = factories.make_user("nora", None, first_name="Nora", last_name="Empty")
    fresh = Project.objects.create(name="Fresh", slug="fresh",
                                   repository_url="https://git.example/team/fresh.git")
    factories.make_grant(nora, "look", project=fresh)
    return nora


def pages_of(scene):
    """Their pages, as `pages.pages_of` gives them."""
    rows, anna, nora = scene["states"], scene["anna"], scene["nora"]
    paths = [("home of nobody's project", "/admin/"), ("no history", "/admin/history/"),
             ("nothing to approve", "/admin/approvals/"), ("no freezes", "/admin/freezes/"),
             ("no numbers", "/admin/numbers/"),
             ("denied", f"/admin/progress/{scene['live'].pk}/")]
    return [*[(name, anna, f"/admin/progress/{row.pk}/") for name, row in rows.items()],
            *[(name, nora, path) for name, path in paths],
            ("no entry found", scene["ines"], "/admin/deployments/auditentry/?q=nothing+like+it")]
