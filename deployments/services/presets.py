"""Kinds of sites: what a new project is filled in with, so that little needs to be typed."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

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
    Preset("plain", _("Plain PHP"),
           _("Everything visitors may open lies in a folder public; nothing is built."),
           {"public_folder": "public"}),
    Preset("wordpress", "WordPress",
           _("wp-content and wp-includes lie at the top. wp-config.php and the uploads stay on the "
             "server."),
           {"public_folder": "", "shared_files": "wp-config.php",
            "shared_folders": "wp-content/uploads"}),
    # Caches, sessions and locks outlive a release; compiled views belong to one. `optimize` reads
    # the .env, so it runs on the servers. The link is what `storage:link` makes, but relative.
    Preset("laravel", "Laravel",
           _("There is a file artisan. The .env and what storage keeps stay on the server; the "
             "database is migrated before the switch."),
           {"public_folder": "public",
            "build_commands": f"{COMPOSER}\nln -sfn ../storage/app/public public/storage",
            "shared_files": ".env",
            "shared_folders": "storage/app\nstorage/logs\nstorage/framework/cache\n"
                              "storage/framework/sessions",
            "writable_folders": "bootstrap/cache\nstorage/framework/views",
            "asset_folders": "public/build", "left_out": "node_modules"},
           (_before("php artisan optimize"), _before("php artisan migrate --force", "one"),
            _after("php artisan queue:restart"))),
    # A cache warmed while building would name the builder's folders: none is taken along.
    Preset("symfony", "Symfony",
           _("There is a file bin/console. The .env.local and the logs stay on the server."),
           {"public_folder": "public",
            "build_commands": f"{COMPOSER} --no-scripts\n"
                              "php bin/console assets:install public --env=prod --no-debug",
            "shared_files": ".env.local", "shared_folders": "var/log",
            "writable_folders": "var/cache", "asset_folders": "public/build",
            "left_out": "node_modules\nvar/cache"},
           (_before("php bin/console cache:warmup --env=prod --no-debug"),)),
    Preset("drupal", "Drupal",
           _("Installed with Composer, served from a folder web. settings.php and the uploaded "
             "files stay on the server."),
           {"public_folder": "web", "build_commands": COMPOSER,
            "shared_files": "web/sites/default/settings.php",
            "shared_folders": "web/sites/default/files"}),
)


def of_key(key):
    """The kind called `key`, or None."""
    return next((each for each in _ALL if each.key == key), None)


def all():
    """Every kind, in the order in which pages list them; the first one fits most."""
    return _ALL
