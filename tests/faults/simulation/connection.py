"""The ways out of the engine (pipeline/ports.py), leading to the model servers.

Every call takes simulated time and may meet a fault on its way there or back.
"""

from dataclasses import dataclass

from deployments.remote.faults import ConnectionLost, DoorUnusable, Unreachable
from deployments.remote.output import Result

from . import faults, php, sessions

DEAD_PEER_S = 15  # how long a silent server goes unnoticed (remote/ssh_pulse.py)
REFUSED_S = 3


class Connection:
    """What `remote.ssh.Connection` is to the engine, for one server of the world."""

    def __init__(self, world, machine, host):
        self.host, self.commands = host, 0
        self.world, self.machine, self._is_lost = world, machine, False

    def run_script(self, name, *args, timeout_s, silence_s=None, on_line=None, stdin=None):
        """Run a script on the folder that its first argument names."""
        args = [str(arg) for arg in args]
        self.commands += 1
        if name == "command.sh":
            return self._command(args, on_line)
        if name in ("fpm.sh", "rights.sh"):  # of the machine, not of a site's folder
            tell = self.machine.master_of if name == "fpm.sh" else self.machine.rights
            return Result(0, values=self.call(name, lambda: tell(*args), kinds=faults.READING))
        if stdin is not None:
            args.append(stdin.read().decode())
        return self._script(name, args)

    def _script(self, name, args):
        folder, deployment = self.machine.folders[args[0]], self.world.process.deployment

        def effect():
            folder.by = deployment
            return folder.run(name, args, now=self.world.loop.now)

        code, values, stderr = self.call(name, effect)
        return Result(code, values=values, stderr=stderr)

    def _command(self, args, on_line):
        """It runs on when we are gone; whoever asks for the same key later learns how it ended."""
        folder, deployment = self.machine.folders[args[0]], self.world.process.deployment

        def begin():
            folder.by = deployment
            return sessions.begin(folder, args, now=self.world.loop.now)

        started = self.call("command.sh", begin)
        if started.code:
            return Result(started.code, stderr=started.stderr)
        self.world.loop.wait(started.session.ends_at - self.world.loop.now)
        code = self.call("the end of command.sh", lambda: started.session.code)
        on_line("done")
        ended = {} if code is None else {"exit": str(code)}
        return Result(0, values=started.values | ended)

    def open_socket(self, address, *, timeout_s=10):
        self.world.alive()
        if self._is_lost or self.machine.is_down:
            raise self._gone()
        return Socket(self, address)

    def alive(self):
        self.world.alive()
        return not self._is_lost and not self.machine.is_down

    def close(self):
        if not self.world.is_unwinding():
            self._is_lost = True

    def call(self, name, effect, *, kinds=faults.REMOTE, lost=None):
        """Do what another machine does, and return what it says; ConnectionLost or `lost` if not.
        """
        world = self.world
        world.alive()
        if self._is_lost:
            raise self._gone()
        world.loop.wait(world.latency_s())
        if self.machine.is_down:
            world.loop.wait(DEAD_PEER_S)
            self.break_off()
            raise self._gone()
        return world.perform(f"{name}:{self.machine.name}", effect, kinds=kinds,
                             lost=lost or self._lost, machine=self.machine)

    def break_off(self):
        self._is_lost = True

    def _lost(self):
        self.break_off()
        return self._gone()

    def _gone(self):
        return ConnectionLost(f"The connection to {self.host.name} was lost; try again.",
                              server=self.host.name)


def opener(world):
    """Return what stands in for `Connection.open`."""
    def open_connection(host, *, connect_timeout_s=10):
        machine = world.machines[host.name]
        unreachable = Unreachable(f"{host.name} cannot be reached.", server=host.name)

        def connect():
            return Connection(world, machine, host)

        world.loop.wait(world.latency_s())
        if machine.is_down:
            world.loop.wait(REFUSED_S)
            raise unreachable
        return world.perform(f"connect:{host.name}", connect, kinds=faults.READING,
                             lost=lambda: unreachable, machine=machine)

    return open_connection


@dataclass
class Socket:
    """A pool's socket, reached through a connection."""

    connection: Connection
    address: str

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        pass


class Door:
    """What `remote.doors.FastCgiDoor` is to the engine."""

    def __init__(self, dial, control_path, *, server=""):
        self._dial, self._server = dial, server

    def ask(self, act, *, deadline_s, **payload):
        with self._dial() as socket:
            return self._ask(socket.connection, socket.address, act, payload)

    def _ask(self, connection, address, act, payload):
        master, pool = connection.machine.pool_at(address)
        kinds = faults.READING if act in ("status", "probe", "scripts") else faults.REMOTE

        def effect():
            connection.world.note_use(connection.machine, master, act)
            return php.answer(master, pool, act, payload)

        def lost():
            connection.break_off()
            return DoorUnusable(f"PHP on {self._server}: the answer broke off.",
                                server=self._server)

        return connection.call(f"ask {act}", effect, kinds=kinds, lost=lost)


class Site:
    """What `coherence.site.Site` is to the engine."""

    def __init__(self, target, *, host, public_folder, connection, release_name, ca_file=""):
        self.server, self.public_folder, self.release_name = (
            target.server, public_folder, release_name)
        self.entry = "public/index.php"
        self._connection, self._root = connection, target.root

    def get(self, path, *, headers=None, deadline_s=30):
        connection = self._connection
        pool = connection.machine.pool_of(self._root)
        return connection.call("page", lambda: php.page(pool, path), kinds=faults.READING)
