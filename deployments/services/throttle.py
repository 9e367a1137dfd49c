"""How often somebody may try to sign in: every try counts before its password is looked at.

Failures are counted by name, whether or not an account has it, and by address. A browser that its
person has signed in with before is counted by itself: whoever guesses at somebody's name, or sits
behind the same proxy, cannot keep that person out. Tries that are refused count for nothing, so a
wait ends whatever others do. (OWASP, “Slow Down Online Guessing Attacks with Device Cookies”.)
"""

import hashlib
import ipaddress
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from .. import policy
from ..models import SignInFailure

LONGEST_NAME = 150  # of an account; Django's form looks at no longer one

WINDOW = timedelta(hours=1)
"""Older failures are forgotten."""

KEPT = timedelta(days=1)
FIRST_WAIT_S = 60


@dataclass(frozen=True)
class Limit:
    """So many failures are free; then each doubles the wait, up to the longest."""

    free: int
    longest_s: int

    def wait_s(self, failures):
        """Seconds to wait after the newest of so many failures."""
        if failures < self.free:
            return 0
        return min(FIRST_WAIT_S << min(failures - self.free, 10), self.longest_s)


OF_NAME, OF_BROWSER = Limit(5, 15 * 60), Limit(5, 15 * 60)
OF_ADDRESS = Limit(20, 5 * 60)


@dataclass(frozen=True)
class Try:
    """One try: its row, and `wait_s` > 0 when it is refused; `is_news`: for the first time in
    this wait, so that whoever knocks for hours does not fill the log."""

    row: SignInFailure
    wait_s: int = 0
    is_news: bool = False

    @property
    def reason(self):
        minutes = -(-self.wait_s // 60)
        return ngettext("Too many tries: try again in {count} minute.",
                        "Too many tries: try again in {count} minutes.", minutes).format(
            count=minutes)


def folded(name):
    """A name as tries compare it: `Anna`, `ANNA` and `anna ` are one.

    Cut first: normalising takes the square of the length, and whoever sends it has not signed in.
    """
    name = unicodedata.normalize("NFKC", name.strip()[:LONGEST_NAME])
    return name.strip().casefold()[:LONGEST_NAME]


def name_hash(name):
    """What stands for a name in the rows: people type their password there, too."""
    return salted_hmac("deployments.throttle", folded(name), algorithm="sha256").hexdigest()


def neighbourhood(address):
    """An address as tries compare it: of IPv6 the whole /64, all of which one line has."""
    found = policy.plain_address(address)
    if found is None or found.version == 4:
        return address[:45]
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def browser_hash(secret):
    """What stands for a browser in the rows; "" for one that nobody has signed in with."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def count(name, address, browser=""):
    """Count a try and return it as a `Try`; what it stands for is not looked at when it must wait.

    It counts as failed until `forgive`: of fifty tries at the same moment five are looked at.
    """
    now = timezone.now()
    SignInFailure.objects.filter(at__lt=now - KEPT).delete()
    row = SignInFailure.objects.create(
        name=name_hash(name), address=neighbourhood(address), browser=browser_hash(browser))
    earlier = SignInFailure.objects.filter(pk__lt=row.pk, at__gt=now - WINDOW)
    if row.browser:
        counted = [(earlier.filter(name=row.name, browser=row.browser), OF_BROWSER)]
    else:
        strange = earlier.filter(browser="")
        counted = [(strange.filter(name=row.name), OF_NAME),
                   (strange.filter(address=row.address), OF_ADDRESS)]
    waits = [_wait(rows.order_by("-pk"), limit, now) for rows, limit in counted]
    wait_s, newest = max(waits, key=lambda wait: wait[0])
    if wait_s <= 0:
        return Try(row)
    row.delete()
    told = SignInFailure.objects.filter(pk=newest, is_told=False).update(is_told=True)
    return Try(row, wait_s, bool(told))


def forgive(attempt, *, is_whole=True):
    """It succeeded: its own failure goes; with `is_whole` those before it from there, too."""
    row, rows = attempt.row, SignInFailure.objects.filter(name=attempt.row.name)
    there = Q(address=row.address, browser="")
    if row.browser:
        there |= Q(browser=row.browser)
    rows.filter(Q(pk=row.pk) | there if is_whole else Q(pk=row.pk)).delete()


def _wait(rows, limit, now):
    """(whole seconds until one more may try, the newest failure's number)."""
    newest = rows.first()
    if newest is None:
        return 0, None
    left = newest.at + timedelta(seconds=limit.wait_s(rows.count())) - now
    return -(-left // timedelta(seconds=1)), newest.pk
