"""Findings on the web server, by what it hands to PHP and by how it serves files."""

from .facts import CURRENT, ELSEWHERE
from .finding import BLOCKS, FINE, WARNS, Finding, alike, has_preload, named, renewing

SOON_DAYS = 14
NGINX = ("fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;",
         "fastcgi_param DOCUMENT_ROOT $realpath_root;")


def gone(facts, used):
    """Not the same as a place where nothing was released yet."""
    if facts.current == "" and facts.was_live:
        yield Finding(
            "current-gone", WARNS, f"{facts.root}/current is gone, although {facts.was_live} was "
            "live there", "Somebody took the link away, so visitors do not get that version.",
            f"Find out who did it, then release {facts.was_live} again: that makes the link anew.")


def handed(facts, used):
    """The most telling fact of all: which path arrives at PHP."""
    stuck = [pool for pool in facts.pools if pool.handed == CURRENT]
    if stuck and has_preload(facts):
        yield Finding(
            "handed-current", FINE, f"{named(stuck)} is handed {facts.root}/current",
            "That is right for a site that preloads classes: the old version stays whole until "
            f"{'Apache' if renewing(facts) == 'apache-graceful' else 'PHP-FPM'} is reloaded.")
    elif stuck and facts.web_server == "nginx":
        yield Finding(
            "handed-current", WARNS, f"{named(stuck)} is handed {facts.root}/current",
            "OPcache keeps the old version under that name until something is done, and pages stay "
            "old between the switch and the end of that.",
            "For no old page at all, put these lines below “include fastcgi_params” in the site's "
            "location of nginx, then reload nginx and press Examine again.", NGINX)
    elif stuck:
        yield Finding(
            "handed-current", WARNS, f"{named(stuck)} is handed {facts.root}/current",
            "OPcache keeps the old version under that name until something is done, and Apache has "
            "no setting that resolves the link for each request.",
            "For no old page at all, choose the strategy “web-config” on the installation's page. "
            "Its first release writes the file and stops; then put these lines into the site's "
            "virtual host instead of its DocumentRoot, reload Apache and release again.",
            (f"Include {facts.root}/.releasemgr/web.conf",
             "DocumentRoot ${RELEASE_ROOT}" + f"/{facts.public_folder}".rstrip("/")))
    yield from _elsewhere(facts)


def _elsewhere(facts):
    for path, pools in alike(facts.pools, lambda pool: pool.handed == ELSEWHERE
                             and pool.handed_path):
        yield Finding(
            "handed-elsewhere", BLOCKS, f"{named(pools)} is handed {path}",
            f"That lies outside {facts.root}, so what we release is not what visitors get.",
            f"Let the web server's root be {facts.root}/current, or correct the pool's page.")
    is_first = facts.current == ""
    nothing = "The link is gone, so PHP was not asked." if facts.was_live else \
        "No version is live here yet."
    for why, pools in alike(facts.pools, lambda pool: not pool.handed
                            and (pool.handed_problem or nothing)):
        yield Finding(
            "handed-unknown", FINE if is_first else BLOCKS,
            f"Which path {named(pools)} is handed " + (
                "shows once a version is live" if is_first else "was not seen"), why,
            "" if is_first else "Put that right, then press Examine again.")


def open_file_cache(facts, used):
    if facts.is_file_cached and used == "web-config":
        yield Finding(
            "open-file-cache", FINE, "The web server went on serving a file that was replaced",
            "It keeps files open (open_file_cache). “web-config” reloads it at each release, and "
            "then it forgets them.")
    elif facts.is_file_cached:
        yield Finding(
            "open-file-cache", BLOCKS, "The web server went on serving a file that was replaced",
            "It keeps files open (open_file_cache): styles and scripts stay old after a release, "
            "for as long as its “valid” says.",
            f"Put this into the server block of {facts.site or 'the site'} in nginx, reload nginx, "
            "and press Examine again.", ("open_file_cache off;",))
    elif facts.is_file_cached is None and facts.current:
        yield Finding(
            "open-file-cache", FINE, "Whether the web server caches open files was not seen",
            "Our test file was not served, or could not be written. A release compares a static "
            "file afterwards all the same.")


def certificate(facts, used):
    days = facts.certificate_days
    if facts.web_problem:
        yield Finding(
            "certificate", BLOCKS, "No web server answers at the address it is said to listen at",
            facts.web_problem,
            "Correct the address (“Where it listens”), or start the web server; then press Examine "
            "again. We ask pages as visitors do, so no release can be checked until then.")
    elif facts.certificate_problem:
        yield Finding(
            "certificate", BLOCKS, f"{facts.site} has no valid certificate there",
            facts.certificate_problem,
            "Renew it, or let the web server use the certificate of this name. We ask pages as "
            "visitors do, so no release can be checked until then.")
    elif days is not None and days < SOON_DAYS:
        left = "1 day" if days == 1 else f"{days} days"
        yield Finding(
            "certificate", WARNS, f"The certificate of {facts.site} ends in {left}",
            "From then on browsers refuse the site, and no release can be checked.",
            "See why it was not renewed, for example:", ("certbot renew --dry-run",))
    elif days is not None:
        yield Finding("certificate", FINE,
                      f"The certificate of {facts.site} is valid for {days} more days",
                      "It fits the site's name.")


RULES = (gone, handed, open_file_cache, certificate)
