"""ModelAdmins of the one site: the administrators' side. Importing this registers them all."""

from . import (  # noqa: F401
    allowlist,
    audit_log,
    deployments,
    environments,
    freezes,
    groups,
    installations,
    log_lines,
    notices,
    people,
    projects,
    releases,
    servers,
    ssh_keys,
    tokens,
)
