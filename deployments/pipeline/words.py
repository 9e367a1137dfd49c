"""The one sentence a deployment ends with, from what is known to be true."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..waves import joined


def live(plan, deployment, contexts):
    """Live and checked: how many workers on how many servers run it."""
    pools = [row for ctx in contexts for row in ctx.evidence.get("pools", [])]
    servers = len({ctx.target.server for ctx in contexts})
    title, site = deployment.release.title, deployment.environment.project.name
    if not pools:
        return _("{site} {title} is live on {servers}. No PHP worker exists there to ask.").format(
            site=site, title=title, servers=_servers(servers))
    proved = sum(row["proved"] for row in pools)
    workers = sum(row["workers"] for row in pools)
    what = (_("PHP was made to run {site} {title}").format(
        site=site, title=title) if plan.kind == "reload"
            else _("{site} {title} is live").format(site=site, title=title))
    return ngettext("{what}: {proved} of {count} PHP worker on {servers} run it.",
                    "{what}: {proved} of {count} PHP workers on {servers} run it.",
                    workers).format(
        what=what, proved=proved, count=workers, servers=_servers(servers))


def unchanged(deployment, contexts, cause):
    """It failed before the first switch, or before PHP was made to reload."""
    if deployment.kind == deployment.RELOAD:
        return _("{cause} Nothing was changed.").format(cause=cause)
    before = _before(deployment, contexts)
    if before:
        return _("{cause} Visitors still see {before}.").format(cause=cause, before=before)
    if not any(ctx.truth.is_known for ctx in contexts):
        return _("{cause} Nothing was changed.").format(cause=cause)
    return _("{cause} Nothing was live before, and nothing is now.").format(cause=cause)


def went_back(deployment, contexts, cause, *, others):
    """It failed after the switch, and everything is back and proved; `others` names those that
    were not switched."""
    before = _before(deployment, contexts)
    if before:
        if not others:
            return _("{cause} All servers went back to {before}, and that is proved.").format(
                cause=cause, before=before)
        return ngettext(
            "{cause} {servers} went back to {before}, and that is proved; {others} was not "
            "switched.",
            "{cause} {servers} went back to {before}, and that is proved; {others} were not "
            "switched.", len(others)).format(
            cause=cause, servers=joined([ctx.target.server for ctx in contexts]), before=before,
            others=joined(others))
    return _("{cause} It was the first version here, so the site was taken off again.").format(
        cause=cause)


def programs_left(deployment, names, problems):
    """After going back: what commands restarted there may still run the version that was left."""
    return _(" But programs that run on, such as queue workers, may still run {release} on "
             "{servers}: {problems} Restart them there by hand.").format(
        release=deployment.release.title, servers=joined(names),
        problems=" ".join(map(str, problems)))


def programs_wait(deployment):
    """While a person decides, nobody restarts them: it may be finished after all."""
    return (_(" Programs that run on, such as queue workers, may run {release} until then.").format(
        release=deployment.release.title))


def not_followed(deployment, contexts, cause):
    """PHP was made to reload, and it was not proved that it did. No file was touched."""
    servers = joined([ctx.target.server for ctx in contexts])
    return _("{cause} No file was changed; PHP on {servers} may still run an older "
             "version.").format(cause=cause, servers=servers)


def undecided(names, cause):
    """Some servers could not be put back, or that could not be proved."""
    return ngettext("{cause} Nobody can tell yet what {servers} shows to visitors.",
                    "{cause} Nobody can tell yet what {servers} show to visitors.",
                    len(names)).format(cause=cause, servers=joined(names))


def irreversible(command, cause):
    """What began cannot be undone: whether the version before works after it, people know."""
    return (_("{cause} “{command}” has begun and cannot be undone, so nothing goes back by itself: "
              "finish, or put all back.").format(cause=cause, command=command))


def stays(command, cause):
    """A person put back what was never switched, after a command that cannot be undone."""
    return _("{cause} No server was switched; what “{command}” did stays as it is.").format(
        cause=cause, command=command)


def _before(deployment, contexts):
    """What was live: a release of ours, else what a site brought aboard came with."""
    if deployment.previous:
        return deployment.previous.title
    return next((ctx.truth.previous for ctx in contexts if ctx.truth.previous), "")


def _servers(count):
    return ngettext("{count} server", "{count} servers", count).format(count=count)


def changed_since(changed, *, is_decided):
    """Why nothing begins: these parts of the plan are not what was asked for any more."""
    how = _(" Put all back, then ask for it again.") if is_decided else ""
    return _("What would be released changed after it was asked for ({changed}).{how}").format(
        changed=", ".join(changed), how=how)


def decided_back(name):
    """Why it goes back where a person decided so."""
    return _("{name} decided to go back.").format(name=name)
