"""The one sentence a deployment ends with, from what is known to be true."""


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
    verb = "PHP was made to run" if plan.kind == "reload" else "is live:"
    if plan.kind == "reload":
        return (f"{verb} {site} {title}: {proved} of {_count(workers, 'PHP worker')} on "
                f"{_count(servers, 'server')} run it.")
    return (f"{site} {title} {verb} {proved} of {_count(workers, 'PHP worker')} on "
            f"{_count(servers, 'server')} run it.")


def unchanged(deployment, contexts, cause):
    """It failed before the first switch."""
    before = _before(deployment, contexts)
    if before:
        return f"{cause} Visitors still see {before}."
    if not any(ctx.truth.is_known for ctx in contexts):
        return f"{cause} Nothing was changed."
    return f"{cause} Nothing was live before, and nothing is now."


def went_back(deployment, contexts, cause):
    """It failed after the switch, and everything is back and proved."""
    before = _before(deployment, contexts)
    if before:
        return f"{cause} All servers went back to {before}, and that is proved."
    return f"{cause} It was the first version here, so the site was taken off again."


def undecided(names, cause):
    """Some servers could not be put back, or that could not be proved."""
    return f"{cause} Nobody can tell yet what {', '.join(names)} shows to visitors."


def _before(deployment, contexts):
    """What was live: a release of ours, else what a site brought aboard came with."""
    if deployment.previous:
        return deployment.previous.title
    return next((ctx.truth.previous for ctx in contexts if ctx.truth.previous), "")


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")
