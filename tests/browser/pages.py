"""Every page a person can open, by name: who looks, and where."""

from . import begun_sites, brought_about, many_rows, states, unproved


def pages_of(scene):
    """(name, person, path) of task pages and admin forms, over the rows of `scene.build`; a fourth
    value brings about what no row makes."""
    return [*_releasing(scene, scene["anna"], scene["ben"]),
            *_task_pages(scene, scene["anna"], scene["ben"]), *_set_up(scene, scene["ines"]),
            *_exceptions(scene["anna"], scene["ben"], **scene["exceptions"]),
            *states.pages_of(scene), *unproved.pages_of(scene),
            *begun_sites.pages_of(scene, scene["ines"]),
            *brought_about.pages_of(scene), *many_rows.pages_of(scene)]


def _releasing(scene, anna, ben):
    return [
        ("sign in", None, "/admin/"),
        ("home", anna, "/admin/"),
        ("home of a viewer", scene["vera"], "/admin/"),
        ("release", anna, "/admin/release/"),
        ("release of a viewer", scene["vera"], "/admin/release/"),
        ("choose", anna, "/admin/release/webshop/staging/"),
        ("review", anna, "/admin/release/webshop/staging/review/?version=main"),
        ("rules", anna, "/admin/release/webshop/staging/rules/?version=main"),
        ("confirm", anna, "/admin/release/webshop/staging/confirm/?version=main"),
        ("back in time", anna, "/admin/release/webshop/staging/review/?version="
         + scene["releases"][0].name),
        ("begun", anna, "/admin/release/blog/production/"),
        ("checklist", anna, "/admin/release/blog/production/rules/"),
        ("not ticked", anna, "/admin/release/blog/production/confirm/"),
        ("refused", anna, "/admin/release/webshop/staging/review/?version=nowhere"),
        ("go back", anna, "/admin/go-back/webshop/production/"),
        ("doctor", anna, "/admin/doctor/webshop/staging/"),
        ("drift", anna, "/admin/drift/webshop/staging/"),
        ("live", anna, f"/admin/progress/{scene['live'].pk}/"),
        ("witness", anna, f"/admin/progress/{scene['live'].pk}/witness/"),
        ("torn", ben, f"/admin/progress/{scene['torn'].pk}/"),
        ("failed", anna, f"/admin/progress/{scene['failed'].pk}/"),
        ("running", anna, f"/admin/progress/{scene['running'].pk}/"),
        ("waves", anna, f"/admin/progress/{scene['waves'].pk}/"),
        ("in line", anna, f"/admin/progress/{scene['in_line'].pk}/"),
        ("wait in line", anna, "/admin/release/forum/production/confirm/?version="
         + scene["waves"].release.name),
    ]


def _task_pages(scene, anna, ben):
    return [
        ("inbox", ben, "/admin/approvals/"),
        ("answer", ben, f"/admin/approvals/{scene['waiting'].pk}/"),
        ("history", anna, "/admin/history/"),
        ("a project", anna, "/admin/projects/webshop/"),
        ("a project's versions", anna, "/admin/projects/webshop/versions/"),
        ("a project's history", anna, "/admin/projects/webshop/history/"),
        ("a project's servers", anna, "/admin/projects/webshop/servers/"),
        ("nothing needs me", scene["vera"], "/admin/?show=mine"),
        ("numbers", anna, "/admin/numbers/"),
        ("build", anna, f"/admin/builds/{scene['building'].pk}/"),
        ("two steps", anna, "/admin/two-step/"),
        ("sessions", anna, "/admin/sessions/"),
        ("time zone", anna, "/admin/time-zone/"),
        ("again", anna, "/admin/again/?next=/admin/history/"),
        ("missing", anna, "/admin/progress/999999/"),
        ("password", anna, "/admin/password_change/"),
        ("help", anna, "/admin/help/"),
        ("help with a word", anna, "/admin/help/?q=freeze"),
        ("my access", anna, "/admin/access/"),
        ("ask for access", scene["vera"], "/admin/access/ask/"),
        ("paused and frozen", anna, "/admin/release/blog/production/rules/?version=main"),
        ("emergency", ben, f"/admin/approvals/{scene['emergency'].pk}/review/"),
        ("emergencies", ben, "/admin/approvals/?tab=review"),
        ("no button", anna, f"/admin/approvals/{scene['waiting'].pk}/withdraw/"),
        ("set password", None, f"/admin/password/{scene['link']}/"),
    ]


def _set_up(scene, ines):
    return [
        ("projects", ines, "/admin/deployments/project/"),
        ("project", ines, f"/admin/deployments/project/{scene['webshop'].pk}/change/"),
        ("environment", ines, "/admin/deployments/environment/"
         f"{scene['forum_production'].pk}/change/"),
        ("less protection", ines, "/admin/protection/forum/production/"),
        ("installation", ines, "/admin/deployments/installation/"
         f"{scene['staging_place'].pk}/change/"),
        ("new server", ines, "/admin/deployments/server/add/"),
        ("adopt", ines, "/admin/adopt/blog/production/"),
        ("nothing to adopt", ines, "/admin/adopt/webshop/production/"),
        ("health", ines, "/admin/health/"),
        ("requests for access", ines, "/admin/access/requests/"),
        ("request for access", ines, f"/admin/access/requests/{scene['asked'].pk}/"),
        ("sessions of another", ines, f"/admin/sessions/{scene['vera'].pk}/"),
        ("why", ines, f"/admin/access/why/?person={scene['vera'].pk}&action=release"
         "&place=webshop/production"),
        ("person", ines, f"/admin/auth/user/{scene['vera'].pk}/change/"),
        ("password link", ines, f"/admin/access/link/{scene['vera'].pk}/"),
        ("new entry", ines, "/admin/deployments/grant/add/"),
        ("allowlist", ines, "/admin/deployments/grant/"),
        ("allowlist, filtered", ines, "/admin/deployments/grant/?action__exact=look"
         "&project__isnull=True"),
        ("commands", ines, "/admin/commands/webshop/"),
        ("edits", ines, "/admin/commands/forum/"),
        ("freezes to set", ines, "/admin/deployments/freeze/"),
        ("new freeze", ines, "/admin/deployments/freeze/add/?repeats=yearly"),
        ("freezes", ines, "/admin/freezes/"),
        ("ask for an exception", scene["anna"], "/admin/freezes/exception/blog/production/"),
        ("pause", ines, "/admin/freezes/pause/webshop/staging/"),
        ("audit log", ines, "/admin/deployments/auditentry/"),
        ("audit log, nothing found", ines, "/admin/deployments/auditentry/?who=nobody"),
        ("deployments", ines, "/admin/deployments/deployment/"),
        ("releases", ines, "/admin/deployments/release/"),
        ("tokens", ines, "/admin/deployments/token/"),
        ("notifications", ines, "/admin/deployments/notice/"),
        ("notification", ines, f"/admin/deployments/notice/{scene['told'].pk}/change/"),
    ]


def _exceptions(anna, ben, waits, declined):
    """From a freeze: asked for, waiting, declined."""
    return [
        ("home with an exception", ben, "/admin/"),
        ("exception waits for you", ben, f"/admin/freezes/exceptions/{waits.pk}/"),
        ("your exception waits", anna, f"/admin/freezes/exceptions/{waits.pk}/"),
        ("your exception declined", anna, f"/admin/freezes/exceptions/{declined.pk}/"),
        ("you asked", anna, "/admin/approvals/?tab=asked"),
    ]
