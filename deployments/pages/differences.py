"""What two plans differ in beside their version, in people's words."""

_WORDS = {
    "kind": None, "release": None, "commit_sha": None, "digest": None, "file_epoch": None,
    "size_bytes": None, "files": None, "project": None, "environment": None,
    "site_host": "the site's host name", "public_folder": "the public folder",
    "entries": "shared, writable or asset folders", "before": "commands before the switch",
    "after": "commands after the switch", "pages": "check pages",
    "keep_releases": "how many versions are kept", "targets": "servers or their settings",
}


def differences_of(plan, earlier):
    """Names of the settings that differ between two plans (JSON), beside the version itself."""
    if not plan or not earlier:
        return []
    return [_WORDS.get(name, name.replace("_", " ")) for name in plan
            if _WORDS.get(name, name) and plan[name] != earlier.get(name)]
