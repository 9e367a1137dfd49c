"""What two plans differ in beside their version, in people's words."""

from ..plan import PARTS

_OF_THE_VERSION = {"kind", "release", "commit_sha", "digest", "file_epoch", "size_bytes", "files",
                   "project", "environment"}


def differences_of(plan, earlier):
    """Names of the settings that differ between two plans (JSON), beside the version itself."""
    if not plan or not earlier:
        return []
    return [PARTS.get(name, name) for name in plan
            if name not in _OF_THE_VERSION and plan[name] != earlier.get(name)]
