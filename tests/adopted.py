"""Sites that were live before us, as rows: what adopt-look.sh would have found."""

from django.utils import timezone

from deployments.models import Adoption
from deployments.services import adoptions

SHA = "c0ffee" * 6 + "beef"
DIGEST = "d" * 64


def found(installation, **over):
    """What one server of a Capistrano site holds."""
    root = installation.root
    return {
        "place": installation.pk, "server": installation.server.name, "root": root,
        "layout": "capistrano", "current": f"{root}/releases/20240102030405",
        "live": f"{root}/releases/20240102030405", "user": "deploy", "owner": "deploy",
        "revision": SHA, "told": "Branch main deployed by anna", "files": 120, "kb": 470,
        "free_kb": 4_000_000, "is_public": True, "digest": DIGEST, "is_cut": False,
        "shared": [["dir", "storage/uploads"], ["file", ".env"]], "writable": [[12, "var/cache"]],
        "links": [], "out": [], "odd": [], "closed": [], "assets": [],
    } | over


def looked(environment, *, room_kb=10_000_000, folder="", **over):
    """An Adoption whose look was answered: every server holds the same."""
    row = Adoption.objects.create(environment=environment, asked_by_name="Ines Roth",
                                  folder=folder)
    places = environment.installations.filter(is_active=True).order_by("pk")
    adoptions.answer(row, [found(place, **over) for place in places], room_kb=room_kb)
    row.refresh_from_db()
    return row


def wanted(environment, user=None, **over):
    """The same, and somebody has pressed *Adopt*."""
    row = looked(environment, **over)
    Adoption.objects.filter(pk=row.pk).update(
        wanted_by=user, wanted_by_name=user.get_username() if user else "Ines Roth",
        wanted_at=timezone.now())
    return adoptions.to_be_taken_in(row.pk)


def adopted(environment, user=None, **over):
    """The deployment that records what was found live there."""
    row = wanted(environment, user, **over)
    name, epoch = adoptions.new_name(environment.project)
    assert adoptions.finish(row, row.found, {
        "name": name, "file_epoch": epoch, "digest": row.found[0]["digest"],
        "contents": {"files": 120, "bytes": 480_000}})
    row.refresh_from_db()
    return row.deployment
