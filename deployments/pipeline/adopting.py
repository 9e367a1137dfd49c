"""Looking at a site that somebody else's tool made live, and taking its files into the store.

Only reads on the servers: nothing there is changed, moved or removed. A task that is cut off leaves
the row as it was, and is only asked for again.
"""

import shutil
import tempfile
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _

from ..artifacts import foreign
from ..artifacts.faults import ArtifactFault
from ..errors import StepFailed
from ..remote.faults import RemoteFault
from ..services import adoption_plan, adoptions
from .adopt_reading import marks_of, place_of, problem_of
from .contexts import store
from .hosts import host_of
from .ports import REAL

LOOK_S = 900
COPY_S = 1800


def look(pk, *, ports=REAL):
    """Answer a look that waits: every server of the environment, one after the other."""
    row = adoptions.to_be_looked_at(pk)
    if row:
        adoptions.answer(row, _look_at_all(row, ports), room_kb=_room_kb())


def take_in(pk, *, ports=REAL):
    """Take in what is live, as somebody wanted, and record it; or say why that was not done."""
    row = adoptions.to_be_taken_in(pk)
    if row is None:
        return
    try:
        found, made = _take_in(row, ports)
    except (StepFailed, ArtifactFault, RemoteFault, OSError) as fault:
        adoptions.fail(row, str(fault))
        return
    if not adoptions.finish(row, found, made):
        _forget(row, made)


def _look_at_all(row, ports):
    places = row.environment.installations.filter(is_active=True)
    return [_look_at(place, row.folder, ports)
            for place in places.select_related("server__ssh_key").order_by("pk")]


def _look_at(place, folder, ports):
    """What one server holds; a server that cannot be looked at is an answer too."""
    try:
        with ports.open_connection(host_of(place.server)) as connection:
            found = place_of(place, _said(
                connection, place, "adopt-look.sh", place.root, folder, place.web_group,
                place.environment.project.public_folder))
            if found["live"] and found["layout"] != "ours":
                said = _said(connection, place, "adopt-list.sh", found["live"], *marks_of(found))
                found["digest"] = said["digest"]
            return found
    except (StepFailed, RemoteFault) as fault:
        return problem_of(place, str(fault))


def _said(connection, place, name, *args):
    result = connection.run_script(name, *map(str, args), timeout_s=LOOK_S)
    if result.exit_code:
        raise StepFailed(f"{place.server.name}: {result.stderr.strip() or result.last_line}")
    return result.values


def _take_in(row, ports):
    """Return (what was found just now, the columns of the version that was made of it)."""
    found = _look_at_all(row, ports)
    row.found, row.room_kb = found, _room_kb()
    hindrances = adoption_plan.plan_of(row).hindrances
    if hindrances:
        raise StepFailed(f"{hindrances[0]} {hindrances[0].todo}")
    first, project = found[0], row.environment.project
    made = adoptions.known_version(project, first["digest"])
    if made is None:
        name, epoch = adoptions.new_name(project)
        place = row.environment.installations.select_related("server__ssh_key").get(
            pk=first["place"])
        contents = _pack(place, first, project, name, epoch, ports)
        made = {"name": name, "file_epoch": epoch, "digest": contents.digest,
                "contents": contents.as_json()}
        if contents.digest != first["digest"]:
            _forget(row, made)
            raise StepFailed(
                _("The files on {server} changed while they were read. Press “Adopt” again when "
                  "nobody deploys there; if it stays, let the folder that changes be writable for "
                  "PHP or a link into shared/.").format(server=first["server"]))
    return found, made


def _pack(place, found, project, name, epoch, ports):
    """Make the artifact; both archives on the way lie in files without a name beside it."""
    left_out = [path for __, path in (*found["shared"], *found["writable"])]
    kept = store()
    kept.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=kept.folder) as plain:
        with (tempfile.TemporaryFile(dir=kept.folder) as raw,
              ports.open_connection(host_of(place.server)) as connection):
            foreign.collect(connection, found["live"], left_out=left_out, to=raw,
                            timeout_s=COPY_S)
            raw.seek(0)
            foreign.relink(raw, plain, links=dict(found["links"]))
        plain.seek(0)
        return kept.save(project.slug, name, plain, epoch=epoch,
                         public_folder=project.public_folder)


def _forget(row, made):
    """Remove an archive that no version names."""
    if "pk" not in made:
        with suppress(OSError):
            store().path(row.environment.project.slug, made["name"]).unlink()


def _room_kb():
    return shutil.disk_usage(settings.PRIVATE_ROOT).free // 1024
