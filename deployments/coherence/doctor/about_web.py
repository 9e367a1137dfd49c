"""Findings on the web server, by what it hands to PHP and by how it serves files."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .facts import CURRENT, ELSEWHERE
from .finding import BLOCKS, FINE, WARNS, Finding, alike, has_preload, named, renewing

SOON_DAYS = 14
NGINX = ("fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;",
         "fastcgi_param DOCUMENT_ROOT $realpath_root;")


def gone(facts, used):
    """Not the same as a place where nothing was released yet."""
    if facts.current == "" and facts.was_live:
        yield Finding(
            "current-gone", WARNS,
            _("{root}/current is gone, although {was_live} was live there").format(
                root=facts.root, was_live=facts.was_live),
                _("Somebody took the link away, so visitors do not get that version."),
            _("Find out who did it, then release {was_live} again: that makes the link "
              "anew.").format(was_live=facts.was_live))


def handed(facts, used):
    """The most telling fact of all: which path arrives at PHP."""
    stuck = [pool for pool in facts.pools if pool.handed == CURRENT]
    if stuck and has_preload(facts):
        yield Finding(
            "handed-current", FINE,
            _("{named} is handed {root}/current").format(named=named(stuck), root=facts.root),
            _("That is right for a site that preloads classes: the old version stays whole until "
              "{service} is reloaded.").format(
                service="Apache" if renewing(facts) == "apache-graceful" else "PHP-FPM"))
    elif stuck and facts.web_server == "nginx":
        yield Finding(
            "handed-current", WARNS,
            _("{named} is handed {root}/current").format(named=named(stuck), root=facts.root),
            _("OPcache keeps the old version under that name until something is done, and pages "
              "stay old between the switch and the end of that."),
            _("For no old page at all, put these lines below “include fastcgi_params” in the "
              "site's location of nginx, then reload nginx and press Examine again."), NGINX)
    elif stuck:
        yield Finding(
            "handed-current", WARNS,
            _("{named} is handed {root}/current").format(named=named(stuck), root=facts.root),
            _("OPcache keeps the old version under that name until something is done, and Apache "
              "has no setting that resolves the link for each request."),
            _("For no old page at all, choose the strategy “web-config” on the installation's "
              "page. Its first release writes the file and stops; then put these lines into the "
              "site's virtual host instead of its DocumentRoot, reload Apache and release again."),
            (_("Include {root}/.releasemgr/web.conf").format(root=facts.root),
             "DocumentRoot ${RELEASE_ROOT}" + f"/{facts.public_folder}".rstrip("/")))
    yield from _elsewhere(facts)


def _elsewhere(facts):
    for path, pools in alike(facts.pools, lambda pool: pool.handed == ELSEWHERE
                             and pool.handed_path):
        yield Finding(
            "handed-elsewhere", BLOCKS,
            _("{named} is handed {path}").format(named=named(pools), path=path),
            _("That lies outside {root}, so what we release is not what visitors get.").format(
                root=facts.root),
            _("Let the web server's root be {root}/current, or correct the pool's page.").format(
                root=facts.root))
    is_first = facts.current == ""
    nothing = _("The link is gone, so PHP was not asked.") if facts.was_live else \
        _("No version is live here yet.")
    for why, pools in alike(facts.pools, lambda pool: not pool.handed
                            and (pool.handed_problem or nothing)):
        yield Finding(
            "handed-unknown", FINE if is_first else BLOCKS,
            _("Which path {named} is handed ").format(named=named(pools)) + (
                _("shows once a version is live") if is_first else _("was not seen")), why,
            "" if is_first else _("Put that right, then press Examine again."))


def open_file_cache(facts, used):
    if facts.is_file_cached and used == "web-config":
        yield Finding(
            "open-file-cache", FINE, _("The web server went on serving a file that was replaced"),
            _("It keeps files open (open_file_cache). “web-config” reloads it at each release, and "
              "then it forgets them."))
    elif facts.is_file_cached:
        yield Finding(
            "open-file-cache", BLOCKS, _("The web server went on serving a file that was replaced"),
            _("It keeps files open (open_file_cache): styles and scripts stay old after a release, "
              "for as long as its “valid” says."),
            _("Put this into the server block of {site} in nginx, reload nginx, and press Examine "
              "again.").format(site=facts.site or _("the site")), ("open_file_cache off;",))
    elif facts.is_file_cached is None and facts.current:
        yield Finding(
            "open-file-cache", FINE, _("Whether the web server caches open files was not seen"),
            _("Our test file was not served, or could not be written. A release compares a static "
              "file afterwards all the same."))


def certificate(facts, used):
    days = facts.certificate_days
    if facts.web_problem:
        yield Finding(
            "certificate", BLOCKS,
            _("No web server answers at the address it is said to listen at"),
            facts.web_problem,
            _("Correct the address (“Where it listens”), or start the web server; then press "
              "Examine again. We ask pages as visitors do, so no release can be checked until "
              "then."))
    elif facts.certificate_problem:
        yield Finding(
            "certificate", BLOCKS,
            _("{site} has no valid certificate there").format(site=facts.site),
            facts.certificate_problem,
            _("Renew it, or let the web server use the certificate of this name. We ask pages as "
              "visitors do, so no release can be checked until then."))
    elif days is not None and days < SOON_DAYS:
        yield Finding(
            "certificate", WARNS,
            ngettext("The certificate of {site} ends in {days} day",
                     "The certificate of {site} ends in {days} days", days).format(
                site=facts.site, days=days),
            _("From then on browsers refuse the site, and no release can be checked."),
            _("See why it was not renewed, for example:"), ("certbot renew --dry-run",))
    elif days is not None:
        yield Finding("certificate", FINE,
                      _("The certificate of {site} is valid for {days} more days").format(
                          site=facts.site, days=days),
                      _("It fits the site's name."))


RULES = (gone, handed, open_file_cache, certificate)
