"""The one sentence a deployment ends with, from what is known to be true."""

from ..waves import joined


def live(plan, deployment, contexts):
    """Live and checked: how many workers on how many servers run it."""
    pools = [row for ctx in contexts for row in ctx.evidence.get("pools", [])]
    servers = len({ctx.target.server for ctx in contexts})
    title, site = deployment.release.title, deployment.environment.project.name
    if not pools:
        return (f"{site} {title} is live on {_count(servers, 'server')}. "
                "No PHP worker exists there to ask.")
    proved = sum(row["proved"] for row in pools)
    workers = sum(row["workers"] for row in pools)
    what = (f"PHP was made to run {site} {title}" if plan.kind == "reload"
            else f"{site} {title} is live")
    return (f"{what}: {proved} of {_count(workers, 'PHP worker')} on "
            f"{_count(servers, 'server')} run it.")


def unchanged(deployment, contexts, cause):
    """It failed before the first switch, or before PHP was made to reload."""
    if deployment.kind == deployment.RELOAD:
        return f"{cause} Nothing was changed."
    before = _before(deployment, contexts)
    if before:
        return f"{cause} Visitors still see {before}."
    if not any(ctx.truth.is_known for ctx in contexts):
        return f"{cause} Nothing was changed."
    return f"{cause} Nothing was live before, and nothing is now."


def went_back(deployment, contexts, cause, *, others):
    """It failed after the switch, and everything is back and proved; `others` names those that
    were not switched."""
    before = _before(deployment, contexts)
    if before:
        if not others:
            return f"{cause} All servers went back to {before}, and that is proved."
        were = "was" if len(others) == 1 else "were"
        return (f"{cause} {joined([ctx.target.server for ctx in contexts])} went back to {before}, "
                f"and that is proved; {joined(others)} {were} not switched.")
    return f"{cause} It was the first version here, so the site was taken off again."


def programs_left(deployment, names, problems):
    """After going back: what commands restarted there may still run the version that was left."""
    return (f" But programs that run on, such as queue workers, may still run "
            f"{deployment.release.title} on {joined(names)}: {' '.join(map(str, problems))} "
            "Restart them there by hand.")


def programs_wait(deployment):
    """While a person decides, nobody restarts them: it may be finished after all."""
    return (" Programs that run on, such as queue workers, may run "
            f"{deployment.release.title} until then.")


def not_followed(deployment, contexts, cause):
    """PHP was made to reload, and it was not proved that it did. No file was touched."""
    servers = joined([ctx.target.server for ctx in contexts])
    return f"{cause} No file was changed; PHP on {servers} may still run an older version."


def undecided(names, cause):
    """Some servers could not be put back, or that could not be proved."""
    show = "shows" if len(names) == 1 else "show"
    return f"{cause} Nobody can tell yet what {joined(names)} {show} to visitors."


def irreversible(command, cause):
    """What began cannot be undone: whether the version before works after it, people know."""
    return (f"{cause} “{command}” has begun and cannot be undone, so nothing goes back by itself: "
            "finish, or put all back.")


def stays(command, cause):
    """A person put back what was never switched, after a command that cannot be undone."""
    return f"{cause} No server was switched; what “{command}” did stays as it is."


def _before(deployment, contexts):
    """What was live: a release of ours, else what a site brought aboard came with."""
    if deployment.previous:
        return deployment.previous.title
    return next((ctx.truth.previous for ctx in contexts if ctx.truth.previous), "")


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")
