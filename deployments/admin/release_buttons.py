"""*Build*, *Release…*, *Go back* and *Make PHP reload*, as Project, Release and Deployment show
them. Each POST calls one service, which decides, records and queues."""

import secrets

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import policy
from ..pages.actor import actor_of
from ..services import deployments, releases, way_back
from .buttons import Button, Buttons


def progress_url(deployment):
    return reverse("admin:deployment-progress", args=[deployment.pk])


class ReleaseButtons(Buttons):
    """For ModelAdmins whose rows belong to a project; the three hooks say which part of it."""

    presses = ("build", "go_back", "reload")

    def project_of(self, row):
        raise NotImplementedError

    def environments_of(self, row):
        """Environments that the row's page has buttons for."""
        return self.project_of(row).environments.all()

    def version_of(self, row):
        """The release the row is about; None unless it is about one."""

    def buttons(self, request, row):
        actor = actor_of(request)
        shown = [*super().buttons(request, row), self._build_button(actor, row)]
        for environment in self.environments_of(row):
            shown += [self._release_link(actor, row, environment),
                      self._go_back_button(actor, row, environment),
                      self._reload_button(actor, row, environment)]
        return [button for button in shown if button]

    def _build_button(self, actor, row):
        project, version = self.project_of(row), self.version_of(row)
        return Button(
            _("Build"), self.press_url(row, "build"),
            why_not=_why_not(policy.may_build(actor, project)), asks=_("Version"),
            asks_value=_again(version) if version else "",
            choices=tuple(project.refs.values_list("name", flat=True)[:100]))

    def _release_link(self, actor, row, environment):
        place, version = [environment.project.slug, environment.slug], self.version_of(row)
        url = reverse("admin:release-start", args=place) if version is None else reverse(
            "admin:release-review", args=place, query={"version": version.name})
        return Button(_("Release… to {environment}").format(
            environment=environment.name), url, is_link=True,
                      why_not=_why_not(policy.may_release(actor, environment)))

    def _go_back_button(self, actor, row, environment):
        version = self.version_of(row)
        release = version if version in way_back.releases_gone_live(environment)[1:] \
            else way_back.release_before(environment)
        if release is None or release.status != "ready":
            return None
        return Button(
            _("Go back to {release} in {environment}").format(
                release=release.title, environment=environment.name),
            self.press_url(row, "go_back"),
            {**_form(environment), "release": release.pk},
            why_not=_why_not(policy.may_go_back(actor, environment)))

    def _reload_button(self, actor, row, environment):
        return Button(_("Make PHP reload in {environment}").format(
            environment=environment.name), self.press_url(row, "reload"),
                      _form(environment),
                      why_not=_why_not(policy.may_reload(actor, environment)))

    def press_build(self, request, row):
        release = releases.request_build(
            actor_of(request), self.project_of(row), request.POST.get("ref", "").strip())
        messages.success(request, _("{release} is being built.").format(release=release.title))
        return reverse("admin:deployments_release_change", args=[release.pk])

    def press_go_back(self, request, row):
        environment = self._environment(request, row)
        release = self.project_of(row).releases.filter(pk=_number(request, "release")).first()
        if release is None:
            raise Http404
        return progress_url(deployments.go_back(
            actor_of(request), environment, request_key=request_key_of(request), release=release))

    def press_reload(self, request, row):
        environment = self._environment(request, row)
        return progress_url(deployments.request_reload(
            actor_of(request), environment, request_key=request_key_of(request)))

    def _environment(self, request, row):
        rows = self.project_of(row).environments.select_related("project")
        environment = rows.filter(pk=_number(request, "environment")).first()
        if environment is None:
            raise Http404
        return environment


def _form(environment):
    """The hidden fields of a form; its key makes a double click one deployment."""
    return {"environment": environment.pk, "request_key": secrets.token_hex(16)}


def _number(request, name):
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def request_key_of(request):
    """The form's key, a new one where it sent none that could be one."""
    key = request.POST.get("request_key", "")
    return key if 16 <= len(key) <= 64 and key.isalnum() else secrets.token_hex(16)


def _again(version):
    """What *Build* on a version's page builds: its branch or tag as it is now, but the very commit
    of one that is not built yet, whatever its branch names meanwhile."""
    is_begun = version.status in ("pending", "building")
    return version.commit_sha if is_begun or not version.ref else version.ref


def _why_not(decision):
    return "" if decision else f"{decision.reason} {decision.remedy}".strip()
