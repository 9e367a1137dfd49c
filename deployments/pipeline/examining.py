"""Examining one installation: reads Facts on the server, and writes what the doctor makes of them.

It changes nothing for visitors and takes no lock. It puts files of ours there, so the audit log has
its intent and its outcome. While a deployment runs it is put off: a look at PHP that is being
reloaded, or at a link that is being switched, says what is not so.
"""

import re
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from .. import audit, clock
from ..coherence import fpm
from ..coherence.doctor import Facts, PoolFacts, diagnose
from ..coherence.doctor.changes import compare
from ..coherence.doctor.facts import CURRENT, ELSEWHERE, ENTRY, RELEASE
from ..coherence.file_cache import keeps_files
from ..coherence.learn import learn_prefix
from ..errors import NotConfirmed, OutcomeUnknown, StepFailed
from ..models import AuditEntry, Checkup, Deployment, Release
from ..plan import build_plan
from ..remote.certificate import days_left
from ..remote.faults import DoorUnusable, ForwardingRefused, RemoteFault, TimedOut
from ..services import checkups
from ..services.kept import kept_of
from . import context
from .drift_php import NoQuestions
from .hosts import control_file, endpoint_key, host_of
from .steps.connect import Connect

PATIENCE_S = 10
"""How long a busy pool is waited for: an examination is repeated easily."""
OUTSIDE = re.compile(r"is handed '(.*?)' for ")
SPARE_KB, SPARE_INODES = 10 * 1024, 100

__all__ = ["answer_checkup", "compare", "read"]


def answer_checkup(pk):
    """Examine, and write the answer; a server that cannot be examined is an answer too."""
    checkup = Checkup.objects.select_related(
        "installation__server__ssh_key", "installation__environment__project").get(pk=pk)
    scene = checkups.scene_of(checkup.installation.environment)
    if checkup.answered_at or scene is None:
        return
    ctx = None
    _record(checkup, AuditEntry.INTENDED, _("About to examine {environment} on {place}"))
    try:
        ctx = _context(checkup.installation)
        Connect().open(ctx)
        ctx.site.questions = NoQuestions()
        facts = replace(read(ctx, is_whole=True), was_live=_was_live(checkup.installation))
    except (StepFailed, OutcomeUnknown, RemoteFault) as fault:
        answer = {"problem": str(fault)}
    else:
        answer = _answer(checkup, facts)
    finally:
        if ctx and ctx.connection:
            ctx.connection.close()
    checkups.answer(checkup, scene, **answer)
    problem = answer.get("problem")
    if problem:
        _record(checkup, AuditEntry.FAILED,
                _("Failed to examine {environment} on {place}: {problem}"), problem)
    else:
        _record(checkup, AuditEntry.DONE, _("Examined {environment} on {place}"))


def _record(checkup, outcome, sentence, problem=""):
    place = checkup.installation
    audit.record(
        "doctor.examined", sentence.format(
            environment=place.environment, place=place, problem=problem),
        outcome=outcome, environment=place.environment, about=place, checkup=checkup.pk)


def _answer(checkup, facts):
    """The columns of an answered Checkup."""
    found = diagnose(facts)
    known = checkups.known_facts(checkup.installation_id)
    return {
        "facts": facts.as_json(), "findings": [each.as_json() for each in found.findings],
        "choice": found.choice, "reason": found.reason, "verdicts": found.whys,
        "changes": compare(Facts.from_json(known), facts) if known else [],
    }


def _was_live(installation):
    """The title of the version that was proved there last; "" where none ever was."""
    last = installation.targets.filter(deployment__status="succeeded").exclude(
        deployment__kind=Deployment.ADOPTED).select_related(
        "deployment__release__project").order_by("-deployment__fence", "-pk").first()
    return last.deployment.release.title if last else ""


def _context(installation):
    """A StepContext without a deployment: nothing that needs a fence may be run with it."""
    environment = installation.environment
    project = environment.project
    newest = Release.objects.filter(project=project, status="ready").order_by("-pk").first()
    plan = build_plan("reload", environment, newest or Release(project=project),
                      installations=[installation.pk])
    control_name, control_php = control_file()
    contents = newest.contents if newest else {}
    return context.StepContext(
        plan=plan, target=plan.targets[0], deployment=0, fence=0, older=None,
        release=context.Release(name=newest.name if newest else "",
                                php_files=tuple(contents.get("php_files", ()))),
        host=host_of(installation.server), control_name=control_name, control_php=control_php,
        endpoint_key=endpoint_key(installation), ca_file=settings.SITE_CA_FILE,
        proof_limit_s=settings.PROOF_LIMIT_S, say=lambda text: None,
        kept=kept_of(installation.pk))


def read(ctx, *, is_whole=False):
    """Return the Facts of `ctx.target` over its open connection.

    `is_whole` also looks at the certificate, at the web server's cache of files and at all rights
    of sudo; without it the rights are read only where no strategy fits otherwise. StepFailed or
    OutcomeUnknown when the server itself cannot be read; pools tell their own problems.
    """
    target = ctx.target
    found = ctx.run_script("doctor.sh", ctx.paths.root, ctx.control_name, ctx.control_php,
                           *[pool.socket for pool in target.pools if pool.socket[:1] == "/"])
    _know(ctx, found)
    sockets = [line.split(" ", 3) for line in _list(found, "socket")]
    rights = {path: f"{mode} {owner} {group}" for mode, owner, group, path in sockets}
    facts, masters = _server(ctx, found), []
    pools = tuple(_pool(ctx, pool, facts, rights.get(pool.plan.socket, ""), masters)
                  for pool in ctx.pools)
    facts = replace(facts, pools=pools)
    if is_whole:
        facts = replace(facts, **_certificate(ctx), is_file_cached=_file_cache(ctx, facts))
    if is_whole or not _fits(diagnose(facts), target.strategy):
        facts = replace(facts, may=_may(ctx, facts))
    return facts


def _server(ctx, found):
    """The Facts of the machine alone, from the answers of doctor.sh."""
    target, plan = ctx.target, ctx.plan
    return Facts(
        server=target.server, root=ctx.paths.root, user=found["user"], strategy=target.strategy,
        door=target.php_door, web_server=target.web_server, web_service=target.web_service,
        service_manager=target.service_manager, web_test=target.web_test,
        asked_over=target.asked_over, web_group=target.web_group,
        site=f"{'https' if target.is_https else 'http'}://{plan.site_host}",
        public_folder=plan.public_folder,
        current=found["current"], is_writable=found["writable"] == "1",
        groups=tuple(found["groups"].split()), clock_s=round(int(found["epoch"]) - clock.now_s()),
        free_kb=int(found["free_kb"]), free_inodes=int(found["free_inodes"]),
        needed_kb=plan.size_bytes * 2 // 1024 + SPARE_KB, needed_inodes=plan.files + SPARE_INODES,
        php_files=len(ctx.release.php_files), has_include=found["include"] == "1",
        left_running=tuple(_list(found, "program")), forwarding_problem=_forwarding(ctx))


def _fits(found, strategy):
    return bool(found.choice) if strategy == "auto" else bool(found.verdicts[strategy])


def _list(values, key):
    found = values.get(key, [])
    return [found] if isinstance(found, str) else found


def _know(ctx, found):
    """What the steps learn by inspecting: which machine answers, which version is live."""
    if not ctx.site.release_name:
        ctx.site.release_name = found["current"].rstrip("/").rpartition("/")[2]
    for pool in ctx.pools:
        pool.identity = pool.identity or found["identity"]


def _forwarding(ctx):
    """“” when SSH leads to every socket that we need, else the first refusal; None unknown."""
    target = ctx.target
    wanted = [pool.socket for pool in target.pools if pool.socket] \
        if target.php_door == "fastcgi" else []
    if target.asked_over == "ssh":
        wanted.append(target.ask_address)
    for address in wanted:
        try:
            ctx.connection.open_socket(address).close()
        except ForwardingRefused as fault:
            return str(fault)
        except RemoteFault:
            continue  # it is told of where it is asked
    return ""


def _pool(ctx, pool, facts, rights, masters):
    """`masters` are those that were read already: pools of one are told together."""
    plan, until = pool.plan, clock.monotonic() + PATIENCE_S
    base = PoolFacts(name=plan.name, master=plan.master, socket=plan.socket, rights=_open(rights))
    try:
        status = pool.status(until=until)
    except (StepFailed, OutcomeUnknown) as fault:
        return replace(base, problem=str(fault))
    roster, ini = status["pool"], status["ini"]
    is_refused = bool(ini.get("restrict_api")) and "restrict_api" in (status["problem"] or "")
    known = replace(
        base, php=status["php"], sapi=status["sapi"], ini=ini, cache=status["opcache"],
        ini_file=status.get("ini_file") or "", cache_problem=status["problem"] or "",
        is_cached=None if is_refused else bool(status["opcache"].get("enabled")))
    if roster:
        known = replace(
            known, manager=roster["manager"], workers=len(roster["procs"]),
            queued=roster["listen_queue"] or 0,
            longest_s=round(max(fpm.longest_request_s(status), ctx.kept.longest_request_s), 1))
        if status["sapi"] == "fpm-fcgi":
            known = replace(known, **_master(ctx, pool, status, masters))
    return replace(known, **_handed(ctx, pool, facts, until))


def _open(rights):
    """The rights of a socket; “ world” behind them where everybody may write to it."""
    mode = rights.partition(" ")[0]
    return f"{rights} world" if mode and int(mode[-1], 8) & 2 else rights


def _master(ctx, pool, status, masters):
    try:
        master = _read_already(masters, status) or fpm.read_master(ctx, pool, status)
    except (StepFailed, OutcomeUnknown) as fault:
        return {"master_problem": str(fault), "master_pid": _parent(ctx, status)}
    masters.append(master)
    return {"master_pid": master.pid, "control_timeout_s": master.timeout_s,
            "control_file": master.timeout_file, "is_config_newer": bool(master.changed_file)}


def _read_already(masters, status):
    """The Master that has the worker which answered, None where none of these has it."""
    return next((master for master in masters
                 if any(int(pid) == status["pid"] for pid, __, __ in master.workers)), None)


def _parent(ctx, status):
    """The master's number alone, where its configuration could not be read."""
    try:
        return int(ctx.run_script("fpm.sh", status["pid"])["master"])
    except (StepFailed, OutcomeUnknown):
        return None


def _handed(ctx, pool, facts, until):
    """What one ordinary request brought to PHP; nothing while no version is live."""
    if not facts.current:
        return {}
    pool.has_entry = False
    try:
        prefix, problem = learn_prefix(ctx.site, pool, facts.root, until=until), ""
    except (StepFailed, NotConfirmed, OutcomeUnknown) as fault:
        prefix, problem = "", str(fault)
    if pool.has_entry:  # it is so even where it did not answer us
        return {"handed": ENTRY, "handed_path": f"{facts.root}/.releasemgr/entry"}
    if outside := OUTSIDE.search(problem):
        return {"handed": ELSEWHERE, "handed_path": outside[1], "handed_problem": problem}
    if not prefix:
        return {"handed_problem": problem}
    return {"handed": CURRENT if prefix == f"{facts.root}/current" else RELEASE,
            "handed_path": prefix}


def _certificate(ctx):
    if not ctx.target.is_https:
        return {}
    try:
        return {"certificate_days": days_left(ctx.site.call())}
    except (DoorUnusable, TimedOut) as fault:  # no certificate was seen at all
        return {"web_problem": str(fault)}
    except RemoteFault as fault:
        return {"certificate_problem": str(fault)}


def _file_cache(ctx, facts):
    if not facts.current or not facts.is_writable:
        return None

    def write(name, text):
        ctx.run_script("testfile.sh", facts.root, ctx.plan.public_folder, name, text)

    return keeps_files(ctx.site, write)


def _may(ctx, facts):
    """{command: whether sudo lets us run it} for every command that a strategy could need."""
    masters = sorted({pool.master for pool in ctx.target.pools})
    commands = [facts.command("reload", name) for name in {*masters, facts.web_service}]
    commands.append(facts.web_test)
    if facts.strategy == "fpm-restart":
        commands += [facts.command("restart", name) for name in masters]
    try:
        said = ctx.run_script("rights.sh", *sorted(commands))
    except (StepFailed, OutcomeUnknown):
        return {}
    return {line.partition(" ")[2]: line[0] == "1" for line in _list(said, "right")}
