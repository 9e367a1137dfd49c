"""Where a project is built: this machine or a server, behind one interface."""

from django.conf import settings
from django.utils.translation import gettext as _

from ..artifacts.build import make_room
from ..artifacts.faults import BuilderUnusable, BuildUserUnusable
from ..checks import builds_have_own_user, why_no_build_user
from ..remote.local import LocalConnection
from ..remote.ssh import Connection
from .hosts import host_of

REMOTE_FOLDER = ".releasemgr-build"


def builder_of(project):
    """Return a context manager that gives (connection, folder, name); `account` says who builds.

    BuildUserUnusable when this machine would build as root.
    """
    return _RemoteBuilder(project) if project.builder else _LocalBuilder(project)


class _RemoteBuilder:
    """A server builds, as its SSH user, below that user's home."""

    def __init__(self, project):
        self._host, self._slug = host_of(project.builder), project.slug
        self.account = _("Commands run on {host} as its SSH user {user}.").format(
            host=self._host.name, user=self._host.user)

    def __enter__(self):
        self._connection = Connection.open(self._host)
        try:
            return self._connection, f"{self._home()}/{self._slug}", self._host.name
        except BaseException:
            self._connection.close()
            raise

    def _home(self):
        # Where a login starts. Commands work elsewhere, so a relative folder would mislead them.
        asked = self._connection.run(["pwd"], timeout_s=20)
        home = asked.lines[-1] if asked.lines else ""
        if not home.startswith("/"):
            raise BuilderUnusable(self._host.name, why=_("its SSH user has no home folder"))
        return f"{home.rstrip('/')}/{REMOTE_FOLDER}"

    def __exit__(self, *exc_info):
        self._connection.close()


class _LocalBuilder:
    """This machine builds, as BUILD_USER where we may switch users."""

    def __init__(self, project):
        if why := why_no_build_user():
            raise BuildUserUnusable(why=why)
        self._user = settings.BUILD_USER if builds_have_own_user() else None
        self._folder = f"{settings.BUILD_DIR}/{project.slug}"
        self.account = (
            _("Commands run on this machine as {user}.").format(user=self._user) if self._user else
            _("Careful: commands run as the release manager's own user and could read its secrets. "
              "Run the worker as root with BUILD_USER set, or build on a server."))

    def __enter__(self):
        make_room(self._folder, user=self._user)
        return LocalConnection(self._user), self._folder, _("This machine")

    def __exit__(self, *exc_info):
        pass
