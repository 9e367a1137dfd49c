"""What people can be told about each strategy, as data: needs, limits, waits, ways back. Pure.

What the strategies do is in coherence/strategies.py; docs/strategies.md says the same at length.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

WAITING = "Waiting for "
"""How a log line begins that tells what a step waits for; pages show the newest of each step."""


@dataclass(frozen=True)
class StrategyWords:
    """One strategy in words. Sentences without a full stop, for tables and lists.

    `others` says what other sites of the same PHP-FPM notice, "" for nothing; `needs_root` names
    the verb that must be allowed through sudo, "" for none; `reloads_as` is the strategy that
    *Make PHP reload* uses instead, "" for itself.
    """

    name: str
    sentence: str
    needs: tuple[str, ...]
    cannot: tuple[str, ...]
    waits: str
    undoes: str
    others: str = ""
    needs_root: str = ""
    reloads_as: str = ""
    is_for_auto: bool = True


_BACK_BY_LINK = _("renames the link back: PHP follows at once")
_SAME_AGAIN = _("renames the link back, then does the same again and waits for it")

_ALL = (
    StrategyWords(
        "realpath", _("the web server resolves the link for each request"),
        needs=(_("$realpath_root in nginx's fastcgi_param lines"),),
        cannot=(_("replace classes of opcache.preload"),),
        waits=_("for nothing after the switch; before it, up to the limit for room in OPcache"),
        undoes=_BACK_BY_LINK, reloads_as="reset",
        others=_("where OPcache is short of room it is reset before the switch")),
    StrategyWords(
        "reset", _("the PHP cache was reset and the reset has happened"),
        needs=(_("OPcache switched on"), _("opcache.restrict_api empty, or a folder above ours")),
        cannot=(_("replace classes of opcache.preload"),
                _("happen while a request that began before it still runs")),
        waits=_("until nothing is pending and the counter of resets has grown"),
        undoes=_SAME_AGAIN,
        others=_("its PHP cache is reset, so pages are slow for a moment")),
    StrategyWords(
        "fpm-reload", _("PHP-FPM was reloaded and all its workers are new"),
        needs=(_("process_control_timeout longer than the longest request"),
               _("the right to reload PHP-FPM's service")),
        cannot=(_("keep visitors from waiting while the longest request ends"),),
        waits=_("until every worker of every pool of that PHP-FPM is a new one"),
        undoes=_SAME_AGAIN, needs_root="reload",
        others=_("PHP-FPM is reloaded, so visitors wait while the longest request ends")),
    StrategyWords(
        "fpm-restart", _("PHP-FPM was restarted and answers again"),
        needs=(_("the right to restart PHP-FPM's service"),),
        cannot=(_("do without errors: requests that run are cut off, new ones fail for a moment"),),
        waits=_("until every worker of every pool of that PHP-FPM is a new one"),
        undoes=_SAME_AGAIN, needs_root="restart", is_for_auto=False,
        others=_("PHP-FPM is restarted, so visitors see errors for a moment")),
    StrategyWords(
        "front-controller", _("an entry outside the versions reads the link for each request"),
        needs=(_("one entry for all of the site's PHP"),
               _("the web server's lines that lead to the entry, written once")),
        cannot=(_("replace classes of opcache.preload"),
                _("serve PHP addresses that do not go through the entry")),
        waits=_("for nothing after the switch; before it, up to the limit for room in OPcache"),
        undoes=_BACK_BY_LINK, reloads_as="reset",
        others=_("where OPcache is short of room it is reset before the switch")),
    StrategyWords(
        "web-config", _("the web server was given the version's folder and its new workers serve"),
        needs=(_("an included file in the web server's configuration"),
               _("the right to test and to reload the web server"),
               _("an SSH account that you trust as much as root: it writes that file")),
        cannot=(_("replace classes of opcache.preload"),),
        waits=_("until only workers that were started by the reload take requests"),
        undoes=_SAME_AGAIN, needs_root="reload", reloads_as="reset",
        others=_("where OPcache is short of room it is reset before the switch")),
    StrategyWords(
        "apache-graceful", _("Apache was reloaded and its old children are gone"),
        needs=(_("mod_php, asked through the guarded endpoint"), _("the right to reload Apache")),
        cannot=(_("be sooner than the longest request or download that runs"),),
        waits=_("until every child of Apache from before is gone"),
        undoes=_SAME_AGAIN, needs_root="reload",
        others=_("Apache is reloaded, so its pages are slow for a moment")),
    StrategyWords(
        "none", _("no PHP worker exists to ask"),
        needs=(_("PHP is reached by: nothing"),),
        cannot=(_("prove anything about PHP: it reads the link again instead"),),
        waits=_("for nothing"), undoes=_BACK_BY_LINK),
)

WORDS = {words.name: words for words in _ALL}

_UNKNOWN = StrategyWords(
    "auto", _("what the doctor chose"), needs=(), cannot=(), waits=_("as its choice does"),
    undoes=_("as its choice does"),
    others=_("PHP's caches may be reset or its workers replaced, as the doctor chooses"))


def words_of(name, *, reloads=False):
    """Return the StrategyWords of `name`, or of what *Make PHP reload* uses in its place.

    One that is not decided yet (“auto”) has words of its own.
    """
    words = WORDS.get(name, _UNKNOWN)
    return WORDS[words.reloads_as] if reloads and words.reloads_as else words
