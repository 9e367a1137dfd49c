"""What each of our checks is about, in words: a page has room for no number alone."""

NAMES = {
    "E001": "Keys for secrets", "E002": "Key of the audit log", "E003": "One secret, two purposes",
    "E011": "Time limit of the queue", "E012": "Queue hands out twice",
    "E013": "Queue in another database", "E014": "Queue repeats tasks", "E015": "Lease of a worker",
    "E016": "Pulse of a worker", "W021": "Who builds run as", "E022": "Account for builds",
    "W031": "Mail server", "E032": "Sender of mails", "W033": "Address in mails",
    "E041": "Limits of sessions", "E042": "Trusted proxies", "W043": "Debug mode", "W044": "HTTPS",
    "W045": "Links in mails", "W046": "Names the site answers to", "W047": "Strength of keys",
    "W048": "File with all secrets", "W049": "Trusted proxies", "W050": "Addresses of visitors",
    "W051": "Length of sessions", "W052": "Password before approving", "W053": "Second step",
    "W054": "Guard of the audit log", "W055": "Anchors outside", "W056": "Way to the mail server",
    "W057": "Way to the database", "W058": "Folder of secrets", "W059": "Origins that are believed",
    "W060": "Servers on this machine", "W061": "Who could approve",
    "W062": "A second administrator", "W063": "Account of the builds",
}


def name_of(check):
    """The name of a check's subject; a new check without one has its number."""
    number = check.partition(".")[2]
    return NAMES.get(number, f"Check {number}")
