"""The release manager itself as the demo runs it: own secrets, own database, web and worker."""

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests.sandbox.daemons import Daemon, answers, free_port, open_folder, remove_folder
from tests.sandbox.keeper import Keeper
from tests.sandbox.mail import MailServer

ROOT = Path(__file__).parents[2]
PORT = 8000


def _key():
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


class House:
    """`with House() as house:` has a migrated database, and gunicorn and a worker running.

    What it tells people goes to `on_mail`, as parsed mails.
    """

    def __init__(self, on_mail):
        self._post = MailServer(on_mail)
        self.folder = open_folder("releasemgr-demo-")
        self.port = PORT if not answers(("127.0.0.1", PORT)) else free_port()
        self.url = f"http://localhost:{self.port}/"
        self._keeper = Keeper()
        self._keeper.mind("folder", self.folder)
        self._daemons = []

    def _set_environment(self):
        """This process and its children read nothing but this."""
        os.environ.update({
            "RELEASEMGR_IGNORE_DOTENV": "1", "DJANGO_SETTINGS_MODULE": "releasemgr.settings",
            "SECRET_KEY": _key() + _key(), "FIELD_KEYS": _key(), "AUDIT_KEYS": _key(),
            "DATA_DIR": str(self.folder), "STATIC_ROOT": str(self.folder / "static"),
            "BASE_URL": self.url, "HTTPS": "0", "LOG_LEVEL": "WARNING",
            "ALLOW_LOOPBACK": "1",  # its servers are this machine
            "SESSION_IDLE_MIN": "600",  # nobody is thrown out of a demo
            "EMAIL_URL": f"smtp://127.0.0.1:{self._post.port}",
            "DEFAULT_FROM_EMAIL": "Release manager <releases@tidewater.test>",
        })
        os.environ.pop("DATABASE_URL", None)

    def __enter__(self):
        self._post.__enter__()
        self._set_environment()
        try:
            self._manage("migrate", "--verbosity", "0")
            self._manage("collectstatic", "--no-input", "--verbosity", "0")
            self._start("worker", [sys.executable, "manage.py", "worker"],
                        ready=lambda: "takes tasks" in self._log("worker"))
            self._start("web", [
                sys.executable, "-m", "gunicorn", "releasemgr.wsgi", "--workers", "2",
                "--threads", "8", "--bind", f"127.0.0.1:{self.port}",
            ], ready=lambda: "Listening at" in self._log("web"))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Stop both and remove the folder."""
        for daemon in reversed(self._daemons):
            daemon.stop()
        self._post.__exit__()
        remove_folder(self.folder)
        self._keeper.close()

    def _log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def _start(self, name, argv, *, ready):
        daemon = Daemon(argv, log_path=self.folder / f"{name}.log", ready=ready, cwd=ROOT,
                        env={**os.environ, "PYTHONUNBUFFERED": "1"}, patience_s=60)
        self._daemons.append(daemon.start())
        self._keeper.mind("session", daemon.pid)

    def _manage(self, *args):
        subprocess.run([sys.executable, "manage.py", *args], cwd=ROOT, check=True)
