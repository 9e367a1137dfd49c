"""Open the one SSH connection of this server and deployment, and see that PHP can be reached."""

import json
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...coherence.entry import Questions
from ...coherence.pool import Pool
from ...coherence.web_server import scoreboard
from ...errors import StepFailed
from ...remote.endpoint_check import self_test
from ...remote.faults import DoorRefused, HostKeyChanged, RemoteFault

RECENT_LINES = 50
"""Of the refusal log: others may be refused between our request and our look."""


class Connect:
    """Nothing on the server changes: an installation whose PHP is out of reach is told here."""

    name = "connect"
    verb = _lazy("reach")
    changes_server = False

    def run(self, ctx):
        """Open the connection, then see that every pool's door is there."""
        self.open(ctx)
        self._reach(ctx)
        ctx.say(f"Connected as {ctx.target.login}")

    def open(self, ctx):
        """Open `ctx.connection`, `ctx.site` and `ctx.pools`, unless they are open."""
        target = ctx.target
        if target.php_door != "none" and not target.pools:
            raise StepFailed(_("{server} has no PHP pool for {root}: add one.").format(
                server=target.server, root=target.root))
        if ctx.connection and ctx.site and ctx.connection.alive():
            return
        if ctx.connection:
            ctx.connection.close()
        try:
            ctx.connection = ctx.ports.open_connection(ctx.host)
        except RemoteFault as fault:
            if isinstance(fault, HostKeyChanged):
                ctx.evidence["identity_changed"] = str(fault)
            raise StepFailed(str(fault)) from fault
        ctx.site = ctx.ports.site(
            target, host=ctx.plan.site_host, public_folder=ctx.plan.public_folder,
            connection=ctx.connection, release_name=ctx.truth.previous_name, ca_file=ctx.ca_file)
        ctx.site.questions = Questions(ctx)
        ctx.site.also_known = (ctx.truth.previous_name, ctx.release.name)
        known = {pool.name: pool for pool in ctx.pools}
        ctx.pools = [] if target.php_door == "none" else [
            self._pool(ctx, plan, known.get(plan.name)) for plan in target.pools]

    def _pool(self, ctx, plan, known):
        """The pool over this connection; what was learned over an earlier one stays true."""
        by_endpoint = ctx.target.php_door == "endpoint"
        pool = Pool(plan, self._door(ctx, plan), server=ctx.target.server,
                    asked_at=ctx.target.ask_address if by_endpoint else plan.socket,
                    identity=ctx.truth.identity, threads=ctx.ports.threads,
                    say=lambda text: ctx.say(text),  # each step has its own
                    census=partial(scoreboard, ctx) if by_endpoint else None)
        if known:
            pool.has_entry, pool.renewed = known.has_entry, known.renewed
            pool.prefix, pool.armed, pool.probe_file = known.prefix, known.armed, known.probe_file
        return pool

    def _door(self, ctx, pool):
        if ctx.target.php_door == "endpoint":
            token, key = ctx.endpoint_key
            return ctx.ports.endpoint_door(ctx.site.call(), pool.endpoint_path, token, key)
        return ctx.ports.fastcgi_door(
            lambda: ctx.connection.open_socket(pool.socket),
            ctx.paths.control(ctx.control_name), server=ctx.target.server)

    def _reach(self, ctx):
        """Each pool's door is there; the guarded one refuses what it must, before each use."""
        target = ctx.target
        for pool in target.pools if target.php_door != "none" else ():
            if target.php_door == "fastcgi" and not pool.socket:
                raise StepFailed(
                    _("PHP pool {pool} on {server} has no socket: with mod_php, let PHP be reached "
                      "by the guarded endpoint.").format(pool=pool.name, server=target.server))
            try:
                if target.php_door == "fastcgi":
                    ctx.connection.open_socket(pool.socket).close()
                else:
                    self._test_endpoint(ctx, pool)
            except RemoteFault as fault:
                raise StepFailed(
                    _("PHP pool {pool} on {server} cannot be reached: {fault}").format(
                        pool=pool.name, server=target.server, fault=fault)
                ) from fault

    def _test_endpoint(self, ctx, pool):
        token, key = ctx.endpoint_key
        try:
            lines = self_test(ctx.site.call(), pool.endpoint_path, token, key)
        except DoorRefused as fault:
            why = refusal_reason(ctx.connection, ctx.target.root, fault.request)
            if fault.request:
                ctx.evidence["token_refused"] = {"token": token, "why": why or str(fault)}
            raise StepFailed(f"{fault} {why}".strip()) from fault
        ctx.evidence["token_used"] = token
        for line in lines:
            ctx.say(line)


def refusal_reason(connection, root, request):
    """Return the sentence that the endpoint's private log has on one refused request.

    "" when it has none: the log cannot be read, or the web server refused before it (`request`
    is "" then), and any other line would be about somebody else.
    """
    if not request:
        return ""
    try:
        answer = connection.run_script("refusals.sh", root, RECENT_LINES, timeout_s=20)
    except RemoteFault:
        return ""
    lines = answer.values.get("line", [])
    for line in [lines] if isinstance(lines, str) else lines:
        try:
            row = json.loads(line)
            if row["request"] == request:
                return (_("Its log says: {reason}, from {address}, clock difference "
                          "{clock_difference} s.").format(
                    reason=row["reason"], address=row["address"],
                    clock_difference=row["clock_difference"]))
        except (ValueError, TypeError, KeyError):  # PHP of the site may write there too
            continue
    return ""
