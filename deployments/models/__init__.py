"""Facts and constraints, one file per aggregate."""

from .access import SshKey, Token, TokenInstall
from .account import Account, SignIn, SignInFailure
from .adoption import Adoption
from .audit import AuditAnchor, AuditEntry, AuditHead
from .built_files import BuiltFiles
from .checkup import Checkup, DriftCheck
from .deployment import Deployment, LogLine, Target
from .draft import Draft
from .environment import Environment
from .exception import ExceptionRequest
from .freeze import Freeze, Pause
from .governance import Approval, ApprovalRule, Review
from .grant import AccessRequest, Grant
from .installation import Installation, InstallationPool
from .notice import Notice
from .person import MembershipRequest, PasswordLink
from .project import BuildVariable, CheckPage, Project, ServerCommand
from .protection import ProtectionChange
from .recipe import RecipeVersion
from .release import Release
from .second_step import Authenticator, RecoveryCode
from .server import CacheLock, PhpPool, Server, ServerCheck
from .source import Commit, Ref
from .witness import WitnessRecord
from .worker import WorkerCluster

__all__ = [
    "AccessRequest", "Account", "Adoption", "Approval", "ApprovalRule", "AuditAnchor",
    "AuditEntry", "AuditHead", "Authenticator", "BuildVariable", "BuiltFiles", "CacheLock",
    "CheckPage", "Checkup", "Commit", "Deployment", "Draft", "DriftCheck", "Environment",
    "ExceptionRequest", "Freeze", "Grant", "Installation", "InstallationPool", "LogLine",
    "MembershipRequest", "Notice", "PasswordLink", "Pause", "PhpPool", "Project",
    "ProtectionChange", "RecipeVersion", "RecoveryCode", "Ref", "Release", "Review", "Server",
    "ServerCheck", "ServerCommand", "SignIn", "SignInFailure", "SshKey", "Target", "Token",
    "TokenInstall", "WitnessRecord", "WorkerCluster",
]
