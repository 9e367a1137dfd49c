"""StepContext: all that a step on one server may touch. Plain values and one connection."""

from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from ..coherence.in_turn import InTurn
from ..errors import OutcomeUnknown, StepFailed
from ..paths import DeployPaths
from ..plan import Plan, TargetPlan
from ..remote.faults import ConnectionLost, RemoteFault, TimedOut
from ..services.kept import Kept
from .ports import REAL, Ports

SIGNALLED = 128
"""Above it, a login shell tells the signal that ended a script; no script of ours says that."""


@dataclass
class Truth:
    """What is known of one server, as its own scripts said it."""

    previous: str = ""  # raw target of `current` before this deployment; "" = none
    previous_name: str = ""  # what that release's marker returns
    is_known: bool = False  # `previous` was read
    was_placed: bool = False  # the release lies there already
    may_be_switched: bool = False  # a switch was sent; set before it is
    identity: str = ""  # what PHP's answers must carry; "" until the server was inspected


@dataclass
class Release:
    """A release as the steps need it: its name, and what the build told about its files.

    `static_files` maps paths below the public folder to SHA-256; `static_names` are those of all
    public files, None where the build did not tell them. `also_called` is what else may name it.
    """

    name: str
    archive: Path | None = None
    is_kept_elsewhere: bool = False  # in the data folder of another machine
    php_files: tuple[str, ...] = ()
    plain_classes: tuple[str, ...] = ()
    static_files: dict = field(default_factory=dict)
    static_names: frozenset | None = None
    also_called: tuple[str, ...] = ()
    digest: str = ""  # of its list of contents
    commit_sha: str = ""


@dataclass
class StepContext:
    """One target of one deployment. Lives in one thread at a time."""

    plan: Plan
    target: TargetPlan
    deployment: int  # its number: names what this deployment began on a server
    fence: int
    release: Release
    older: Release | None  # the release that was live, when we built it
    host: object  # remote.host.Host
    control_name: str
    control_php: str
    endpoint_key: tuple[str, str] | None = field(repr=False)  # (token id, hex key)
    ca_file: str
    proof_limit_s: float
    say: object  # say(text): a log line of this server and step
    ports: Ports = REAL
    truth: Truth = field(default_factory=Truth)
    kept: Kept = field(default_factory=Kept)  # measured there by earlier deployments
    known: dict = field(default_factory=dict)  # facts of the doctor's last look, {} none
    intact: dict = field(default_factory=dict)  # of the drift watch's last look that saw it so
    doomed: tuple[str, ...] = ()  # releases there that go when this deployment has succeeded
    built: dict = field(default_factory=dict)  # {name: digest} of the project, newest first
    turns: InTurn = field(default_factory=InTurn)  # shared by all targets of the run
    connection: object = None
    site: object = None  # coherence.site.Site
    pools: list = field(default_factory=list)  # coherence.pool.Pool
    evidence: dict = field(default_factory=dict)
    witness: object = None  # witness.Witness, or None: nobody asks for pages all through it

    @property
    def paths(self):
        return DeployPaths(self.target.root)

    def mark(self, moment):
        """Tell the witness that this moment of the switch is now (see witness_words.MOMENTS)."""
        if self.witness:
            self.witness.mark(moment)

    def run_script(self, name, *args, timeout_s=60, **more):
        """Run a script of ours there; StepFailed in the server's own words when it says no.

        An unknown outcome (connection lost, killed by a signal, our deadline) is
        OutcomeUnknown: the server must be read before anything else is decided. Any other fault
        on the way means that it was not started.
        """
        try:
            result = self.connection.run_script(
                name, *[str(arg) for arg in args], timeout_s=timeout_s, **more)
        except (ConnectionLost, TimedOut) as fault:
            raise OutcomeUnknown(str(fault)) from fault
        except RemoteFault as fault:
            raise StepFailed(str(fault)) from fault
        if result.exit_code is None or result.exit_code > SIGNALLED:
            raise OutcomeUnknown(_("{server} did not say how {name} ended.").format(
                server=self.target.server, name=name))
        if result.exit_code:
            raise StepFailed(f"{self.target.server}: {_reason(result)}")
        return result.values


def _reason(result):
    text = result.stderr.strip() or result.last_line
    return text or _("a script ended with code {exit_code} and no word.").format(
        exit_code=result.exit_code)
