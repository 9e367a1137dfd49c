"""Which of a project's paths may stand beside each other: what `place.sh` would refuse, said before
a server does."""

SHARED = ("shared_files", "created_files", "shared_folders")
OWN = ("writable_folders", "asset_folders")


def entry_problems(entries):
    """Yield (field, sentence) for each path that `place.sh` would refuse on the servers.

    `entries` are (field, its label, path): what is shared is one link, so nothing lies inside it.
    """
    shared = [(label, path) for field, label, path in entries if field in SHARED]
    for field, label, path in entries:
        if path.split("/")[0] == "REVISION":
            yield field, f"“{path}” is written by the release manager: take it out."
        for other_label, other in shared:
            if path == other and label != other_label:
                yield field, (f"“{path}” stands in {label} and in {other_label}: take it out of "
                              "one of them.")
            if path.startswith(f"{other}/"):
                yield field, (f"“{path}” ({label}) lies inside “{other}” ({other_label}), which "
                              "is shared as a whole: take one of them out.")
