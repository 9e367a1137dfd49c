"""Commands of the project on a model server: each is a session that outlives its connection.

What remote/scripts/command.sh and `end_sessions` (lock.sh) do.
"""

from dataclasses import dataclass, field

COMMAND_S = 5.0  # how long a command takes


class Exit(Exception):
    """The script ends with this code and this sentence."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


@dataclass
class Session:
    """One run of a command: it ends at `ends_at` with `code`, None when somebody cut it off."""

    key: str
    what: tuple  # release and command
    began_at: float
    ends_at: float
    code: int | None = 0

    def is_running(self, now):
        return now < self.ends_at

    def cut_off(self, now):
        self.ends_at, self.code = now, None


@dataclass
class Started:
    """command.sh up to where it waits for `session`, or its exit code when it does not begin."""

    session: Session | None = None
    values: dict = field(default_factory=dict)
    code: int = 0
    stderr: str = ""


def begin(folder, args, *, now):
    """Start the command, or find the run of it that there was."""
    _, fence, key, release, _, command, *_ = args
    try:
        folder.take_fence(fence, now, "command.sh")
        if release not in folder.releases:
            raise Exit(78, f"There is no folder {folder.root}/releases/{release}.")
    except Exit as end:
        return Started(code=end.code, stderr=str(end))
    what, known = (release, command), folder.sessions.get(key)
    if known and known.what == what and "command record" not in folder.removed:
        if known.is_running(now):
            return Started(known, {"ran_before": "1", "waited": "1"})
        if known.code == 0:
            return Started(known, {"ran_before": "1"})
        return Started(_run(folder, key, what, now), {"again": "cut off"})
    return Started(_run(folder, key, what, now))


def _run(folder, key, what, now):
    end_all(folder, now)
    number = key.split("-")[0]
    for other in [other for other in folder.sessions if other.split("-")[0] != number]:
        del folder.sessions[other]
    session = folder.sessions[key] = Session(key, what, now, now + COMMAND_S)
    folder.runs.append(session)
    return session


def running(folder, now):
    """Return the keys of the commands that run now."""
    return [key for key, session in folder.sessions.items() if session.is_running(now)]


def end_all(folder, now):
    """Whatever changes what visitors see, or removes files, ends the project's commands first."""
    if "sessions" in folder.removed:
        return
    for session in folder.sessions.values():
        if session.is_running(now):
            session.cut_off(now)
