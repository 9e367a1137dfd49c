"""Kinds of sites: what a new project is filled in with, so that little needs to be typed."""

from dataclasses import dataclass, field

COMPOSER = "composer install --no-dev --no-interaction --no-progress --optimize-autoloader"


@dataclass(frozen=True)
class Preset:
    """One kind of site: `fields` of its Project, and `commands`, the fields of its ServerCommands
    but for their positions; `hint` says how to recognise it."""

    key: str
    label: str
    hint: str
    fields: dict = field(default_factory=dict)
    commands: tuple = ()


def _before(command, runs_on="all"):
    return {"moment": "before", "runs_on": runs_on, "command": command}


def _after(command, runs_on="all"):
    return {"moment": "after", "runs_on": runs_on, "command": command}


_ALL = (
    Preset("plain", "Plain PHP",
           "Everything visitors may open lies in a folder public; nothing is built.",
           {"public_folder": "public"}),
    Preset("wordpress", "WordPress",
           "wp-content and wp-includes lie at the top. wp-config.php and the uploads stay on the "
           "server.",
           {"public_folder": "", "shared_files": "wp-config.php",
            "shared_folders": "wp-content/uploads"}),
    Preset("laravel", "Laravel",
           "There is a file artisan. The .env and what storage keeps stay on the server; the "
           "database is migrated before the switch.",
           {"public_folder": "public", "build_commands": COMPOSER, "shared_files": ".env",
            "shared_folders": "storage/app\nstorage/logs\nstorage/framework/sessions",
            "writable_folders": "bootstrap/cache\nstorage/framework/cache\n"
                                "storage/framework/views",
            "asset_folders": "public/build"},
           (_before("php artisan config:cache"), _before("php artisan view:cache"),
            _before("php artisan migrate --force", "one"),
            _after("php artisan queue:restart", "one"))),
    Preset("symfony", "Symfony",
           "There is a file bin/console. The .env.local and the logs stay on the server.",
           {"public_folder": "public", "build_commands": f"{COMPOSER} --no-scripts",
            "shared_files": ".env.local", "shared_folders": "var/log",
            "writable_folders": "var/cache", "asset_folders": "public/build"},
           (_before("php bin/console cache:warmup --env=prod --no-debug"),)),
    Preset("drupal", "Drupal",
           "Installed with Composer, served from a folder web. settings.php and the uploaded "
           "files stay on the server.",
           {"public_folder": "web", "build_commands": COMPOSER,
            "shared_files": "web/sites/default/settings.php",
            "shared_folders": "web/sites/default/files"}),
)


def all():
    """Every kind, in the order in which pages list them; the first one fits most."""
    return _ALL
