"""What each of our checks is about, in words: a page has room for no number alone."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "E001": _("Keys for secrets"), "E002": _("Key of the audit log"), "E003": _("One secret, two "
                                                                                "purposes"),
    "E011": _("Time limit of the queue"), "E012": _("Queue hands out twice"),
    "E013": _("Queue in another database"), "E014": _("Queue repeats tasks"), "E015": _("Lease of "
                                                                                        "a worker"),
    "E016": _("Pulse of a worker"), "W021": _("Who builds run as"), "E022": _("Account for builds"),
    "W031": _("Mail server"), "E032": _("Sender of mails"), "W033": _("Address in mails"),
    "E041": _("Limits of sessions"), "E042": _("Trusted proxies"), "W043": _("Debug mode"),
    "W044": "HTTPS",
    "W045": _("Links in mails"), "W046": _("Names the site answers to"), "W047": _("Strength of "
                                                                                   "keys"),
    "W048": _("File with all secrets"), "W049": _("Trusted proxies"), "W050": _("Addresses of "
                                                                                "visitors"),
    "W051": _("Length of sessions"), "W052": _("Password before approving"), "W053": _("Second "
                                                                                       "step"),
    "W054": _("Guard of the audit log"), "W055": _("Anchors outside"), "W056": _("Way to the mail "
                                                                                 "server"),
    "W057": _("Way to the database"), "W058": _("Folder of secrets"), "W059": _("Origins that are "
                                                                                "believed"),
    "W060": _("Servers on this machine"), "W061": _("Who could approve"),
    "W062": _("A second administrator"), "W063": _("Account of the builds"),
}


def name_of(check):
    """The name of a check's subject; a new check without one has its number."""
    number = check.partition(".")[2]
    return NAMES.get(number, f"Check {number}")
