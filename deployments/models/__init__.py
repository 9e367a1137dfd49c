"""Facts and constraints, one file per aggregate."""

from .access import Grant, SshKey, Token, TokenInstall
from .audit import AuditEntry, AuditHead
from .checkup import Checkup, DriftCheck
from .deployment import Deployment, LogLine, Target
from .governance import Approval, ApprovalRule
from .installation import Installation, InstallationPool
from .notice import Notice
from .project import BuildVariable, CheckPage, Environment, Project, ServerCommand
from .release import Release
from .server import CacheLock, PhpPool, Server, ServerCheck
from .source import Commit, Ref
from .witness import WitnessRecord
from .worker import WorkerCluster

__all__ = [
    "Approval", "ApprovalRule", "AuditEntry", "AuditHead", "BuildVariable", "CacheLock",
    "CheckPage", "Checkup", "Commit", "Deployment", "DriftCheck", "Environment", "Grant",
    "Installation", "InstallationPool", "LogLine", "Notice", "PhpPool", "Project", "Ref", "Release",
    "Server", "ServerCheck", "ServerCommand", "SshKey", "Target", "Token", "TokenInstall",
    "WitnessRecord", "WorkerCluster",
]
