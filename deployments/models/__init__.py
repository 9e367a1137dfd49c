"""Facts and constraints, one file per aggregate."""

from .access import Grant, SshKey, Token, TokenInstall
from .audit import AuditEntry, AuditHead
from .deployment import Deployment, LogLine, Target
from .governance import Approval, ApprovalRule
from .installation import Installation, InstallationPool
from .project import BuildVariable, CheckPage, Environment, Project, ServerCommand
from .release import Release
from .server import CacheLock, PhpPool, Server, ServerCheck
from .source import Commit, Ref
from .worker import WorkerCluster

__all__ = [
    "Approval", "ApprovalRule", "AuditEntry", "AuditHead", "BuildVariable", "CacheLock",
    "CheckPage", "Commit", "Deployment", "Environment", "Grant", "Installation",
    "InstallationPool", "LogLine", "PhpPool", "Project", "Ref", "Release", "Server",
    "ServerCheck", "ServerCommand", "SshKey", "Target", "Token", "TokenInstall", "WorkerCluster",
]
