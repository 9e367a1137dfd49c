"""Looking whether servers still are as they were released. Changes nothing there, takes no lock."""

import base64
import io
import re
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import clock
from ..coherence import entry, web_config
from ..errors import OutcomeUnknown, StepFailed
from ..models import Deployment
from ..plan import build_plan
from ..remote.faults import RemoteFault
from ..services import drift
from ..services.way_back import release_before
from . import context
from .drift_findings import IS_NOW, finding, sha256_of
from .drift_php import PATIENCE_S, ask_pools
from .drift_records import Wanted, compare, shown
from .drift_released import (
    entries_in,
    kept_records,
    kept_scripts,
    manifest_of,
    placed_at,
    targets_of,
)
from .hosts import control_file, endpoint_file, endpoint_key, host_of
from .steps.connect import Connect

LOOK_S = 600
MARGIN_S = 120
"""Clocks of file systems lag behind, and may be put back a little."""
NIGHTLY_S, LATEST_S = 20 * 3600, 36 * 3600
NIGHT_HOURS = range(1, 6)
CONTROL = re.compile(r"control-([0-9a-f]{12})\.php")


def look(environment_pk):
    """Answer the looks that wait there: one server at a time."""
    for check in drift.waiting(environment_pk):
        scene = drift.scene_of(check.installation.environment)
        if scene is None:
            drift.drop(check)
            continue
        try:
            findings, facts = _Look(check).run()
        except (StepFailed, OutcomeUnknown, RemoteFault) as fault:
            drift.answer(check, scene, problem=str(fault))
        else:
            drift.answer(check, scene, findings=findings, facts=facts)


@dataclass(frozen=True)
class _Folder:
    """What drift.sh said of a release, and what of it the next look builds on."""

    said: dict
    findings: list
    more: int
    kept: dict


class _Look:
    """One look at one installation."""

    def __init__(self, check):
        self.check, self.installation = check, check.installation
        self.environment = check.installation.environment
        self.live = Deployment.objects.live(self.environment).release
        self.before = release_before(self.environment)
        last = drift.answered(self.installation).first()
        self.known = last.facts if last else {}
        self.notes, self.findings = [], []

    def run(self):
        """Return (findings, facts)."""
        ctx = self._context()
        try:
            Connect().open(ctx)
            return self._look(ctx)
        finally:
            if ctx.connection:
                ctx.connection.close()

    def _look(self, ctx):
        folders = {self.live.name: self._folder(ctx, self.live)}
        if self.before and self._had(self.before):
            folders[self.before.name] = self._folder(ctx, self.before, is_way_back=True)
        said = folders[self.live.name].said
        self._current(said)
        ours = self._ours(ctx, said)
        self._php(ctx, said, ours)
        found = [*self.findings, *(row for each in folders.values() for row in each.findings)]
        return found, {
            "title": self.live.title, "name": self.live.name, "notes": self.notes,
            "before": self.before.title if self.before and len(folders) > 1 else "",
            "current": said["current"].removeprefix("releases/"), "ours": ours,
            "whole": all(each.said["whole"] == "1" for each in folders.values()),
            "more": sum(each.more for each in folders.values()),
            "releases": {name: each.kept for name, each in folders.items()},
        }

    def _context(self):
        """A StepContext without a deployment: nothing that needs a fence may be run with it."""
        plan = build_plan("reload", self.environment, self.live,
                          installations=[self.installation.pk])
        target, key = plan.targets[0], None
        try:
            key = endpoint_key(self.installation)
        except StepFailed as fault:
            target = replace(target, php_door="none")
            self.notes.append(_("PHP was not asked: {fault}").format(fault=fault))
        name, text = control_file()
        return context.StepContext(
            plan=plan, target=target, deployment=0, fence=0, older=None,
            release=context.Release(name=self.live.name), host=host_of(self.installation.server),
            control_name=name, control_php=text, endpoint_key=key, ca_file=settings.SITE_CA_FILE,
            proof_limit_s=PATIENCE_S, say=lambda line: None,
            truth=context.Truth(previous_name=self.live.name))

    def _had(self, release):
        """Whether the release was proved on this installation once."""
        return targets_of(self.installation, release).filter(status="proved").exists()

    # -- folders -----------------------------------------------------------------------------

    def _folder(self, ctx, release, *, is_way_back=False):
        known = self.known.get("releases", {}).get(release.name, {})
        since = self._since(known)
        said = self._run(ctx, release, since=since, folder=known.get("folder", ""))
        wanted = Wanted(release.name, release.title, release.digest, release.commit_sha,
                        entries_in(release))
        findings, more = self._missing(said, release, is_way_back), 0
        if not findings:
            findings, more = self._compare(ctx, said, release, wanted)
        if any(row["sort"] == "script" for row in findings):
            kept = kept_scripts(release)
            findings = [row for row in findings
                        if row["sort"] != "script" or row["path"] not in kept]
        findings = [row | {"is_way_back": is_way_back} for row in findings]
        began = int(said["epoch"])
        whole_at = began if said["whole"] == "1" else known["whole_at"]
        return _Folder(said, findings, more, {
            "epoch": began, "folder": said.get("folder", ""), "whole_at": whole_at,
            "is_good": not findings})

    def _since(self, known):
        """From when on files must have changed to be read; "" where all are to be read."""
        age_s = clock.now_s() - known.get("whole_at", 0)
        is_night = timezone.localtime().hour in NIGHT_HOURS
        is_due = age_s > LATEST_S or (is_night and age_s > NIGHTLY_S)
        if is_due or self.check.asked_by_name or not known.get("is_good"):
            return ""
        return known["epoch"] - MARGIN_S

    def _run(self, ctx, release, *, since="", folder="", manifest=None):
        parts = [part for pair in entries_in(release) for part in pair]
        more = {"stdin": io.BytesIO(manifest)} if manifest is not None else {}
        said = ctx.run_script(
            "drift.sh", ctx.paths.root, release.name, "-" if more else "", since, folder,
            placed_at(self.installation, release), *parts, timeout_s=LOOK_S, **more)
        if "whole" not in said:  # the last word
            raise StepFailed(_("{server} did not answer to the end.").format(
                server=ctx.target.server))
        return said

    def _missing(self, said, release, is_way_back):
        if said["releases_is"] != "folder":
            words = _("The folder releases is {is_words}: nothing in it counts.").format(
                is_words=IS_NOW[said["releases_is"]])
            return [finding("missing", "releases", words, release)]
        if said["folder_is"] == "folder":
            return []
        use = (_("Going back to it has to copy it again.") if is_way_back
               else _("Visitors are to get it from there."))
        words = _("The folder of {release}, releases/{name}, is {is_words}. {use}").format(
            release=release.title, name=release.name, is_words=IS_NOW[said["folder_is"]], use=use)
        return [finding("missing", f"releases/{release.name}", words, release)]

    def _compare(self, ctx, said, release, wanted):
        """(findings, more) by the manifest there; where that is not ours, by the archive's."""
        records = base64.b64decode(said["differences"])
        kept = partial(kept_records, self.installation, release)
        if said.get("manifest") == release.digest:
            seen = compare(wanted, records, user=said["user"], kept=kept)
            return seen.findings, seen.more
        ours = manifest_of(release)
        if ours is None:
            self.notes.append(
                _("The files of {release} could not be compared: its list of contents on the "
                  "server is not ours, and its archive is not on this machine.").format(
                    release=release.title))
            found = compare(wanted, records, user=said["user"]).findings
            return [row for row in found if row["sort"] in ("manifest", "ours")], 0
        said |= self._run(ctx, release, manifest=ours)
        seen = compare(wanted, base64.b64decode(said["differences"]), user=said["user"], kept=kept)
        return seen.findings, seen.more

    # -- the link, our own files and PHP --------------------------------------------------------

    def _current(self, said):
        wanted = f"releases/{self.live.name}"
        kind, link = said["current_is"], shown(said["current"].encode())
        if kind == "link" and said["current"] == wanted:
            return
        if kind == "link":
            words = _("leads to {link}, and not to {wanted}, where {live} was made live.").format(
                link=link, wanted=wanted, live=self.live.title)
        elif kind == "none" and not self._had(self.live):
            words = _("is not there: {live} was never released to this server.").format(
                live=self.live.title)
        else:
            words = _("is {is_words}, and no link to {wanted} any more.").format(
                is_words=IS_NOW[kind], wanted=wanted)
        self.findings.append(finding("current", "current",
                                     _("current {words}").format(words=words), self.live, link))

    def _ours(self, ctx, said):
        """Find files of ours that changed; return {path: SHA-256} of those that did not."""
        today = {sha256_of(text) for text in (endpoint_file(), entry.CODE.read_text())}
        known, kept, is_written = self.known.get("ours", {}), {}, False
        for record in base64.b64decode(said["ours"]).split(b"\0")[:-1]:
            digest, path = record[:64].decode(), shown(record[68:])
            if path == web_config.NAME:
                is_written = True
                self._web_config(ctx, digest)
                continue
            named = CONTROL.fullmatch(path)  # by its content: no list of them is needed
            is_new = path not in known and path.startswith(("endpoint.php", "entry/"))
            if (named and digest.startswith(named[1])) or digest in today \
                    or known.get(path) == digest or is_new:
                kept[path] = digest
                continue
            self.findings.append(finding(
                "ours", f".releasemgr/{path}", _(".releasemgr/{path} is not the release manager’s: "
                                                 "a hand edit, or an intruder’s file.").format(
                    path=path), self.live, digest))
            kept |= {path: known[path]} if path in known else {}
        if not is_written and self._has_web_config():
            self._web_config(ctx, "")
        return kept

    def _web_config(self, ctx, digest):
        """Compare the file that the web server reads as root with what we write for the live
        version; where another strategy is used now, with what we wrote for any."""
        root, names = ctx.paths.root, {self.live.name}
        folders = set()
        if not self._has_web_config():
            names |= set(self.environment.deployments.values_list("release__name", flat=True))
            folders = {f"{root}/current"}
        folders |= {f"{root}/releases/{name}" for name in names}
        if digest in {sha256_of(web_config.text_for(ctx.target.web_server, folder))
                      for folder in folders}:
            return
        what = _("is not as we wrote it") if digest else _("is not there any more")
        self.findings.append(finding(
            "ours", web_config.FILE,
            _("{file} {what}: the web server reads it as root, so see what stands there, and who "
              "wrote it, before it is reloaded. Releasing again writes it anew.").format(
                file=web_config.FILE, what=what), self.live, digest))

    def _has_web_config(self):
        """Whether the live version was made live by “web-config”."""
        row = targets_of(self.installation, self.live).filter(status="proved").exclude(
            deployment__kind=Deployment.RELOAD).order_by("-pk").first()
        return bool(row) and row.evidence.get("strategy") == "web-config"

    def _php(self, ctx, said, ours):
        """One question to each pool; what cannot be asked is a note."""
        if not ctx.pools:
            return
        if ctx.target.php_door == "fastcgi" and \
                ours.get(ctx.control_name) != sha256_of(ctx.control_php):
            self.notes.append(_("PHP was not asked: our file for it is not there as it should be. "
                                "The doctor or the next release puts it there."))
            return
        for pool in ctx.pools:
            pool.identity = said["identity"]
        seen = ask_pools(ctx, self.live.name)
        self.notes += seen.notes
        for pool, words in seen.stopped.items():
            self._add("stopped", pool, _("does not run: {words} Start it on {server}, and look "
                                         "into its log why it ended.").format(
                words=words, server=ctx.target.server))
        for pool, words in seen.wrong.items():
            self._add("php", pool, _("{words}, but {live} is live. Make PHP reload.").format(
                words=words, live=self.live.name), words)

    def _add(self, sort, pool, words, detail=""):
        name = _("PHP pool {pool}").format(pool=pool)
        self.findings.append(finding(sort, name, f"{name} {words}", self.live, detail))
