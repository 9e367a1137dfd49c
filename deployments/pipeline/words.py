"""The one sentence a deployment ends with, from what is known to be true."""

from django.utils.translation import gettext as _

from ..waves import joined


def live(plan, deployment, contexts):
    """Live and checked: how many workers on how many servers run it."""
    pools = [row for ctx in contexts for row in ctx.evidence.get("pools", [])]
    servers = len({ctx.target.server for ctx in contexts})
    title, site = deployment.release.title, deployment.environment.project.name
    if not pools:
        return (_("{site} {title} is live on {count}. No PHP worker exists there to ask.").format(
            site=site, title=title, count=_count(servers, "server")))
    proved = sum(row["proved"] for row in pools)
    workers = sum(row["workers"] for row in pools)
    what = (_("PHP was made to run {site} {title}").format(
        site=site, title=title) if plan.kind == "reload"
            else _("{site} {title} is live").format(site=site, title=title))
    return (_("{what}: {proved} of {count} on {count_2} run it.").format(
        what=what, proved=proved, count=_count(workers, _("PHP worker")),
        count_2=_count(servers, "server")))


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
        were = "was" if len(others) == 1 else "were"
        return (_("{cause} {joined} went back to {before}, and that is proved; {joined_2} {were} "
                  "not switched.").format(
            cause=cause, joined=joined([ctx.target.server for ctx in contexts]), before=before,
            joined_2=joined(others), were=were))
    return _("{cause} It was the first version here, so the site was taken off again.").format(
        cause=cause)


def programs_left(deployment, names, problems):
    """After going back: what commands restarted there may still run the version that was left."""
    return (_(" But programs that run on, such as queue workers, may still run {release} on "
              "{joined}: {map} Restart them there by hand.").format(
        release=deployment.release.title, joined=joined(names), map=" ".join(map(str, problems))))


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
    show = "shows" if len(names) == 1 else "show"
    return _("{cause} Nobody can tell yet what {joined} {show} to visitors.").format(
        cause=cause, joined=joined(names), show=show)


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


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")


def changed_since(changed, *, is_decided):
    """Why nothing begins: these parts of the plan are not what was asked for any more."""
    how = _(" Put all back, then ask for it again.") if is_decided else ""
    return _("What would be released changed after it was asked for ({changed}).{how}").format(
        changed=", ".join(changed), how=how)


def decided_back(name):
    """Why it goes back where a person decided so."""
    return _("{name} decided to go back.").format(name=name)
