"""Which of a project's paths may stand beside each other: what `place.sh` would refuse, said before
a server does."""

from django.utils.translation import gettext as _

SHARED = ("shared_files", "created_files", "shared_folders")
OWN = ("writable_folders", "asset_folders")


def entry_problems(entries):
    """Yield (field, sentence) for each path that `place.sh` would refuse on the servers.

    `entries` are (field, its label, path): what is shared is one link, so nothing lies inside it.
    """
    shared = [(label, path) for field, label, path in entries if field in SHARED]
    for field, label, path in entries:
        if path.split("/")[0] == "REVISION":
            yield field, _("“{path}” is written by the release manager: take it out.").format(
                path=path)
        for other_label, other in shared:
            if path == other and label != other_label:
                yield field, (_("“{path}” stands in {label} and in {other_label}: take it out of "
                                "one of them.").format(
                    path=path, label=label, other_label=other_label))
            if path.startswith(f"{other}/"):
                yield field, (_("“{path}” ({label}) lies inside “{other}” ({other_label}), which "
                                "is shared as a whole: take one of them out.").format(
                    path=path, label=label, other=other, other_label=other_label))
