"""Open the one SSH connection of this server and deployment, and see that PHP can be reached."""

from ...coherence.pool import Pool
from ...coherence.site import Site
from ...errors import StepFailed
from ...remote.doors import EndpointDoor, FastCgiDoor
from ...remote.faults import RemoteFault
from ...remote.self_test import self_test
from ...remote.ssh import Connection


class Connect:
    """Nothing on the server changes: an installation whose PHP is out of reach is told here."""

    name = "connect"
    verb = "reach"
    changes_server = False

    def run(self, ctx):
        """Open `ctx.connection`, build `ctx.site` and `ctx.pools`."""
        target = ctx.target
        try:
            if ctx.connection is None or not ctx.connection.alive():
                ctx.connection = Connection.open(ctx.host)
        except RemoteFault as fault:
            raise StepFailed(str(fault)) from fault
        ctx.site = Site(
            target, host=ctx.plan.site_host, public_folder=ctx.plan.public_folder,
            connection=ctx.connection, release_name=ctx.truth.previous_name, ca_file=ctx.ca_file)
        ctx.pools = [] if target.php_door == "none" else [
            Pool(pool, self._door(ctx, pool), server=target.server) for pool in target.pools]
        if target.php_door != "none" and not ctx.pools:
            raise StepFailed(f"{target.server} has no PHP pool for {target.root}: add one.")
        self._reach(ctx)
        ctx.say(f"Connected as {target.login}")

    def _door(self, ctx, pool):
        if ctx.target.php_door == "endpoint":
            token, key = ctx.endpoint_key
            return EndpointDoor(ctx.site.call(), pool.endpoint_path, token, key)
        return FastCgiDoor(
            lambda: ctx.connection.open_socket(pool.socket),
            ctx.paths.control(ctx.control_name), server=ctx.target.server)

    def _reach(self, ctx):
        """Each pool's door is there; the guarded one refuses what it must, before each use."""
        target = ctx.target
        for pool in target.pools if target.php_door != "none" else ():
            try:
                if target.php_door == "fastcgi":
                    ctx.connection.open_socket(pool.socket).close()
                    continue
                token, key = ctx.endpoint_key
                for line in self_test(ctx.site.call(), pool.endpoint_path, token, key):
                    ctx.say(line)
            except RemoteFault as fault:
                raise StepFailed(
                    f"PHP pool {pool.name} on {target.server} cannot be reached: {fault}"
                ) from fault
