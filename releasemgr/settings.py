"""All settings. The only reader of environment variables; `.env.example` lists every one.

Nothing secret has a default: a missing secret stops the start with a sentence that says what to
set. `make demo` generates its own.
"""

from pathlib import Path
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ENV_FILE = ""
if not env.bool("RELEASEMGR_IGNORE_DOTENV", default=False):
    ENV_FILE = env.str("RELEASEMGR_ENV_FILE", default=str(BASE_DIR / ".env"))
    env.read_env(ENV_FILE)

# -- who we are -----------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", str.strip, default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", str.strip, default=[])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")

# -- secrets of our own ---------------------------------------------------------------------
FIELD_KEYS = env.list("FIELD_KEYS", str.strip)  # Fernet keys, newest first: secrets in rows
AUDIT_KEYS = env.list("AUDIT_KEYS", str.strip)  # HMAC keys of the audit log, newest first
for _name, _secret in {"SECRET_KEY": SECRET_KEY, "FIELD_KEYS": FIELD_KEYS,
                       "AUDIT_KEYS": AUDIT_KEYS}.items():
    if not _secret:
        raise ImproperlyConfigured(f"{_name} is empty: set it, .env.example says how.")

# -- where things are kept ------------------------------------------------------------------
DATA_ROOT = BASE_DIR / env.str("DATA_DIR", default="var")
PRIVATE_ROOT = DATA_ROOT / "private"  # database, mirrors, built releases: nobody else's
DATA_ROOT.mkdir(mode=0o711, parents=True, exist_ok=True)
PRIVATE_ROOT.mkdir(mode=0o700, exist_ok=True)
_DATABASE_FILE = quote(str(PRIVATE_ROOT / "db.sqlite3"))
try:
    DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{_DATABASE_FILE}")}
    _ENGINE = DATABASES["default"]["ENGINE"]
except (ImproperlyConfigured, ValueError, KeyError):  # whose words may hold a part of the password
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read: write it like postgres://user:password@db.example:5432/name, "
        "and each special character of the password as %XX.") from None
if _ENGINE.endswith("sqlite3"):
    # IMMEDIATE and 20 s: no "database is locked" between web and workers. WAL is set once, by
    # `migrate` (converting under concurrent first connections fails at once).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA synchronous=FULL;PRAGMA recursive_triggers=ON;",
    }
elif _ENGINE.endswith("postgresql"):
    # Whoever waits for a machine that is gone would wait for hours; with these it is told after
    # 17 s (measured), less than the lease. What DATABASE_URL sets (`?connect_timeout=30`) counts.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,
        "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3,
        "tcp_user_timeout": 15_000,  # ms; for what was sent and is not acknowledged
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)  # s; opening one costs a sixth of a short page
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- the audit log, beside the database -----------------------------------------------------------
AUDIT_TRIGGERS = env.bool("AUDIT_TRIGGERS", default=True)  # the database refuses to change entries
_ANCHORS = env.str("AUDIT_ANCHOR_FILE", default=str(PRIVATE_ROOT / "audit-anchors.jsonl"))
AUDIT_ANCHOR_FILE = BASE_DIR / _ANCHORS if _ANCHORS else None
AUDIT_ANCHOR_SYSLOG = env.str("AUDIT_ANCHOR_SYSLOG", default="")  # /dev/log, or host:port
AUDIT_ANCHOR_MAIL = env.list("AUDIT_ANCHOR_MAIL", str.strip, default=[])

# -- deadlines (seconds). Ours always end before the queue's would ------------------------------
BUILD_LIMIT_S = env.int("BUILD_LIMIT_S", default=1800)
DEPLOYMENT_LIMIT_S = env.int("DEPLOYMENT_LIMIT_S", default=1800)
LEASE_S = env.int("LEASE_S", default=60)
HEARTBEAT_S = env.int("HEARTBEAT_S", default=10)
PROOF_LIMIT_S = env.int("PROOF_LIMIT_S", default=60)
PUT_BACK_LIMIT_S = DEPLOYMENT_LIMIT_S // 4  # on top, when it must go back after the switch
PAUSES_LIMIT_S = 3600  # on top, for all pauses between waves together
TASK_LIMIT_S = max(BUILD_LIMIT_S, DEPLOYMENT_LIMIT_S + PUT_BACK_LIMIT_S + PAUSES_LIMIT_S) + 300
REAP_S = env.int("REAP_S", default=10)
PULSE_S = env.int("PULSE_S", default=10)
PULSE_LIMIT_S = env.int("PULSE_LIMIT_S", default=60)
STOP_LIMIT_S = env.int("STOP_LIMIT_S", default=120)
DRIFT_EVERY_MIN = env.int("DRIFT_EVERY_MIN", default=15)

Q_CLUSTER = {
    "name": "release",
    "orm": "default",
    "broker_class": "deployments.queue.Broker",  # the ORM's, with a line for each machine
    "workers": env.int("WORKERS", default=4),
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.2,
    "timeout": TASK_LIMIT_S,
    "retry": TASK_LIMIT_S * 2 + 120,
    "max_attempts": 1,  # recovery is our rows' job, not the queue's
    "ack_failures": True,
    "save_limit": 200,
    "recycle": 50,
    "guard_cycle": 0.5,
    "catch_up": False,
    "label": "Tasks",
    # A long build never stands in the way of a release, or of going back: it has its own queue.
    "ALT_CLUSTERS": {"build": {"workers": env.int("BUILD_WORKERS", default=2)}},
}

# -- mail -------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
_NO_MAIL = "dummymail://"
try:
    _MAIL = env.email_url("EMAIL_URL", default=_NO_MAIL) if env.str("EMAIL_URL", default="") else {}
except (ImproperlyConfigured, ValueError):  # whose words may hold a part of the password
    raise ImproperlyConfigured(
        "EMAIL_URL cannot be read: write it like smtp+tls://user:password@mail.example:587, and "
        "each special character of the password as %XX.") from None
globals().update({name: value for name, value in _MAIL.items() if name.startswith("EMAIL_")})
MAIL_IS_ON = ".dummy." not in EMAIL_BACKEND  # which says “sent” of what it throws away
EMAIL_TIMEOUT = 30  # seconds of silence; the whole mail has a limit of its own
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Release manager <releases@localhost>")

# -- builds on this machine -------------------------------------------------------------------
BUILD_USER = env.str("BUILD_USER", default="nobody")  # only used when we may switch users
BUILD_DIR = env.str("BUILD_DIR", default=str(DATA_ROOT / "build"))  # BUILD_USER must reach it
BUILD_MEMORY_MB = env.int("BUILD_MEMORY_MB", default=4096)
BUILD_PROCESSES = env.int("BUILD_PROCESSES", default=512)

# -- who may speak for whom -------------------------------------------------------------------
try:
    SYSTEM_ACCOUNTS = env.dict("SYSTEM_ACCOUNTS", default={})  # unix user -> user names, by "+"
except ValueError:
    raise ImproperlyConfigured("SYSTEM_ACCOUNTS cannot be read: write it like "
                               "root=ada+grace,deploy=ada.") from None
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", str.strip, default=[])
ALLOW_LOOPBACK = env.bool("ALLOW_LOOPBACK", default=False)  # servers on our own machine
SITE_CA_FILE = env.str("SITE_CA_FILE", default="")  # extra CA for check pages of private sites

# -- Django -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "deployments",  # first: its commands stand in for some of django.contrib.auth's
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_q",
]
MIDDLEWARE = [
    "deployments.pages.policy_headers.SecurityHeaders",  # first: on errors and static files, too
    "deployments.pages.request_ids.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "deployments.pages.session_limits.SessionLimits",
    "deployments.pages.time_zones.TimeZones",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "deployments.pages.wrong_method.WrongMethod",
    "deployments.pages.no_nul.NoNul",
]
CSRF_FAILURE_VIEW = "deployments.pages.too_old.answer"
ROOT_URLCONF = "releasemgr.urls"
WSGI_APPLICATION = "releasemgr.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [BASE_DIR / "templates"],
    "OPTIONS": {
        "loaders": [("django.template.loaders.cached.Loader", [
            "releasemgr.loader.Loader", "django.template.loaders.app_directories.Loader"])],
        "builtins": ["django.templatetags.i18n"],  # what the first loader writes
        "context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
            "deployments.pages.request_ids.reference",
        ],
    },
}]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
     "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"

# -- sessions -----------------------------------------------------------------------------------
SESSION_ENGINE = "deployments.models.session_store"
SESSION_IDLE_MIN = env.int("SESSION_IDLE_MIN", default=30)
SESSION_LIMIT_H = env.int("SESSION_LIMIT_H", default=10)
FRESH_SIGN_IN_MIN = env.int("FRESH_SIGN_IN_MIN", default=60)
SESSION_COOKIE_AGE = SESSION_LIMIT_H * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # the limits themselves are kept by deployments.pages

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")  # one for the whole installation
LOCALE_PATHS = [BASE_DIR / "releasemgr" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
FORMAT_MODULE_PATH = ["releasemgr.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / env.str("STATIC_ROOT", default="staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env.bool("PLAIN_STATIC", default=DEBUG):  # tests and development: no collectstatic first
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    WHITENOISE_USE_FINDERS = True

# -- browsers -----------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=True)
# Browsers' preload lists are for whole domains, and nobody gets off them soon: not ours to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
_IS_BEHIND_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_BEHIND_PROXY else None
if HTTPS:  # no neighbour below the same domain can set or shadow these (RFC 6265bis, 4.1.3.2)
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
FILE_UPLOAD_HANDLERS = ["deployments.pages.no_files.NoFiles"]

# -- our own log ----------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {ref} {name}: {message}", "style": "{"}},
    "filters": {"names_request": {"()": "deployments.pages.log_filters.NamesRequest"},
                "links": {"()": "deployments.pages.log_filters.HidesLinks"},
                "no_details": {"()": "deployments.pages.log_filters.DropsDetails"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line",
                            "filters": ["names_request"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Those that write addresses of requests.
        "django.request": {"filters": ["links"]},
        "django.security.csrf": {"filters": ["links"]},
        "django.server": {"filters": ["links"], "propagate": True},
        "django.template": {"filters": ["no_details"]},
        "paramiko": {"level": "ERROR"},
        # It tells of each message, and there is one every few seconds, see PULSE_S.
        "django-q": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
    },
}
