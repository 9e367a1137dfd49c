"""The process environment of the test run, set before Django reads its settings (`-p`)."""

import atexit
import os
import shutil
import tempfile

os.umask(0o022)  # whatever the shell's: tests compare modes of what they lay down
_FOLDER = tempfile.mkdtemp(prefix="relmgr-tests-")
os.chmod(_FOLDER, 0o711)  # the build account passes through
_OWNER = os.getpid()

os.environ.update({
    "RELEASEMGR_IGNORE_DOTENV": "1",
    "SECRET_KEY": "tests-only-not-a-secret-" + "x" * 40,
    "FIELD_KEYS": "dGVzdHMtb25seS1rZXktdGVzdHMtb25seS1rZXktMDA=",
    "AUDIT_KEYS": "tests-only-audit-key-" + "x" * 32,
    "AUDIT_ANCHOR_FILE": "",  # one test's anchors would name entries that the next one has not
    "AUDIT_TRIGGERS": "0",  # tests empty all tables; those of the triggers put them in themselves
    "DATA_DIR": _FOLDER,
    "STATIC_ROOT": _FOLDER,  # nothing is collected there; whitenoise wants it to exist
    "PLAIN_STATIC": "1",
    "HTTPS": "0",
    "ALLOW_LOOPBACK": "1",  # the sandbox's servers are this machine
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's loop runs in the test's thread
})


@atexit.register
def _remove():
    """Remove the run's folder; forked children leave it to the process that made it."""
    if os.getpid() == _OWNER:
        shutil.rmtree(_FOLDER, ignore_errors=True)
