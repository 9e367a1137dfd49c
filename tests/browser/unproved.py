"""*Not confirmed*: what could not be proved in time counts as failed, and everything goes back; or
that could not be proved either, and somebody must decide."""

from django.utils import timezone

from tests import factories

CAUSE = ("web-14, pool www could not be asked within 60 s: worker 812 has been busy for 74 s, "
         "worker 813 never took our request.")


def build(anna):
    """Deployments of a project of its own by name; in each another environment ends."""
    project = factories.make_project(name="Ticket office", slug="tickets")
    old, new = (factories.make_release(project, label=label) for label in ("3.8.0", "3.9.0"))
    return {"not confirmed": _went_back(_place(project, "production", anna, old), anna, old, new),
            "not confirmed either way": _stuck(
                _place(project, "staging", anna, old), anna, old, new)}


def _place(project, slug, anna, old):
    """An environment on two servers in which the old version is live."""
    place = factories.make_environment(project, slug=slug, site_host=f"{slug}.tickets.example")
    for server in ("web-14", "web-15"):
        factories.make_installation(place, server=factories.make_server(server))
    factories.make_deployment(place, release=old, requested_by=anna, requested_by_name="Anna Berg")
    return place


def _asked(place, anna, old, new, **over):
    return factories.make_deployment(
        place, release=new, requested_by=anna, requested_by_name="Anna Berg", previous=old,
        switching_at=timezone.now(), cause=CAUSE, **over)


def _went_back(place, anna, old, new):
    row = _asked(place, anna, old, new, status="failed", finished_at=timezone.now(),
                 result=f"{CAUSE} All servers went back to 3.8.0, and that is proved.")
    row.targets.update(status="reverted", step="prove")
    row.targets.filter(server_name="web-14").update(problem=CAUSE)
    return row


def _stuck(place, anna, old, new):
    row = _asked(place, anna, old, new, status="needs_attention",
                 result=f"{CAUSE} Nobody can tell yet what web-14 shows to visitors.")
    row.targets.filter(server_name="web-15").update(status="reverted", step="prove")
    row.targets.filter(server_name="web-14").update(status="unknown", step="prove", problem=CAUSE)
    return row


def pages_of(scene):
    """(name, person, path): their progress, and each list in which they stand."""
    anna, ben, rows = scene["anna"], scene["ben"], scene["unproved"]
    return [*[(name, ben, f"/admin/progress/{row.pk}/") for name, row in rows.items()],
            ("not confirmed on home", anna, "/admin/?q=Ticket"),
            ("not confirmed in history", anna, "/admin/projects/tickets/history/")]
