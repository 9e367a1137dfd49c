"""Facts of a well installation, every field open to change by its name."""

from deployments.coherence.doctor import Facts, PoolFacts

INI = {
    "enable": "1", "validate_timestamps": "0", "revalidate_freq": "2", "revalidate_path": "0",
    "use_cwd": "1", "preload": "", "file_cache": "", "file_cache_only": "0", "restrict_api": "",
    "file_update_protection": "2", "jit": "tracing", "jit_buffer_size": "0",
    "force_restart_timeout": "180", "memory_consumption": "128", "max_accelerated_files": "10000",
    "realpath_cache_size": "4096K", "realpath_cache_ttl": "120", "open_basedir": "",
    "disable_functions": "", "max_execution_time": "30",
}
CACHE = {"used": 10 * 2**20, "free": 100 * 2**20, "scripts": 200, "keys": 220, "max_keys": 16229}
RELOAD = "/usr/bin/systemctl reload php8.2-fpm"


def a_pool(*, ini=None, **over):
    fields = {
        "name": "www", "master": "php8.2-fpm", "php": "8.2.36", "sapi": "fpm-fcgi",
        "ini": INI | (ini or {}), "ini_file": "/etc/php/8.2/fpm/php.ini", "is_cached": True,
        "cache": CACHE, "manager": "dynamic", "workers": 5, "handed": "release",
        "handed_path": "/srv/shop/releases/1", "master_pid": 100, "control_timeout_s": 0,
        "control_file": "/etc/php/8.2/fpm/php-fpm.conf",
    }
    return PoolFacts(**fields | over)


def facts(*pools, **over):
    """A site on nginx that is handed real paths; pass pools to change them."""
    fields = {
        "server": "web-1", "root": "/srv/shop", "user": "deploy", "strategy": "auto",
        "site": "https://shop.example", "web_group": "www-data", "current": "releases/1",
        "is_writable": True, "groups": ("deploy", "www-data"), "clock_s": 0, "free_kb": 9_000_000,
        "free_inodes": 900_000, "needed_kb": 20_000, "needed_inodes": 300, "php_files": 150,
        "forwarding_problem": "", "certificate_days": 60, "is_file_cached": False,
        "has_include": False, "may": {RELOAD: True},
    }
    return Facts(**fields | over, pools=pools or (a_pool(),))


def handed_current(**over):
    """The pool of a site that is handed the link."""
    return a_pool(**{"handed": "current", "handed_path": "/srv/shop/current"} | over)
