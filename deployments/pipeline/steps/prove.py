"""Prove that every PHP worker and the web server answer from the release, or say what does not."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...coherence import proof
from ...coherence.site import check_pages, check_static
from ...errors import NotConfirmed
from ...witness_words import BACK_PROVED, PROVED
from .arm import common_class
from .inspect import look_again


class Prove:
    """The evidence is kept with the target; NotConfirmed counts as failed."""

    name = "prove"
    verb = _lazy("check")
    changes_server = False

    def run(self, ctx):
        """Fill `ctx.evidence` with pools, pages and the static file."""
        known = ctx.evidence.get("pages_before", ()) if "went_back_to" in ctx.evidence else ()
        ctx.evidence["pages"] = check_pages(
            ctx.site, ctx.plan.pages, say=ctx.say, known=known)
        for pool in ctx.pools:
            pool.probe_file = pool.probe_file or common_class(ctx)
        ctx.evidence["pools"] = [
            proof.prove(ctx.site, pool, ctx.target.root, ctx.release.name,
                        limit_s=ctx.proof_limit_s, say=ctx.say,
                        is_first=not ctx.truth.previous)
            for pool in ctx.pools
        ]
        ctx.evidence["static"] = check_static(
            ctx.site, ctx.release.static_files, ctx.older.static_files if ctx.older else {},
            entries=ctx.plan.entries, say=ctx.say)
        if not ctx.pools:
            ctx.evidence["link"] = self._read_link(ctx)
        ctx.evidence["release"] = ctx.release.name
        ctx.mark(BACK_PROVED if "went_back_to" in ctx.evidence else PROVED)

    def _read_link(self, ctx):
        """Without PHP the link itself is the proof; its content was checked when it was placed."""
        values = look_again(ctx)
        if not values["previous"].endswith(f"/{ctx.release.name}"):
            raise NotConfirmed(
                _("{server}: current names {previous}.").format(
                    server=ctx.target.server, previous=values["previous"] or _("nothing")))
        ctx.say(f"No PHP worker to ask; current names {values['previous']}")
        return values["previous"]
