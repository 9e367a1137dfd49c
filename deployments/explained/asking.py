"""What is said where PHP on a server could not be asked, so nothing could be proved."""

from .entry import Entry, Group

GROUPS = (
    Group(
        "Asking PHP",
        "PHP on the server could not be asked which version it runs. What cannot be asked cannot "
        "be proved.",
        "Whoever runs the server, or an administrator of the release manager.",
        (
            Entry("sshd on … does not let us reach …",
                  "Do what the sentence says: it names what, and where."),
            Entry("… cannot open …: …",
                  "The socket: wrong path, PHP-FPM stopped, or the account is not in the "
                  "socket's group."),
            Entry("does not answer as PHP-FPM does",
                  "That socket is something else's."),
            Entry("… cannot read …; check its folder's permissions, open_basedir and chroot",
                  "PHP must be allowed to read “ROOT/.releasemgr”."),
            Entry("no worker was free to answer",
                  "Long requests held all workers of the pool; more workers, a quieter hour, or "
                  "raise “PROOF_LIMIT_S”."),
            Entry("was not answered in time; all its workers may be busy.",
                  "Long requests held all workers of the pool; more workers, a quieter hour, or "
                  "raise “PROOF_LIMIT_S”."),
            Entry("did not answer within … s; all its workers may be busy.",
                  "Long requests held all workers of the pool; more workers, a quieter hour, or "
                  "raise “PROOF_LIMIT_S”."),
            Entry("another machine answered at …: correct that address so that it leads to … "
                  "itself.",
                  "“address to ask” of the installation (or the pool's socket) leads to another "
                  "server or to a load balancer."),
            Entry("PHP does not say which machine it runs on",
                  "“open_basedir” or permissions keep PHP from the file; or the endpoint there "
                  "is of an earlier version of the release manager: “Tokens” → “Install on "
                  "servers”."),
            Entry("shows no list of its workers",
                  "It must be PHP-FPM 7.3 or newer."),
            Entry("has no PHP pool for …: add one.",
                  "“Installations” → the installation → “PHP pools”."),
            Entry("answers from the SAPI …, whose cache no visitor uses",
                  "The door leads to the wrong PHP."),
            Entry("refuses our token; the server's refusal log names the reason.",
                  "Behind it stands “Its log says: …”: what each reason means."),
            Entry("is closed by the web server itself (status …)",
                  "An “allow”/“deny” or password in front of the endpoint's location."),
            Entry("does not exist (404); install it, and let the web server lead there",
                  "The location is missing, or the token was not installed yet."),
            Entry("redirects to …, which we do not follow; enter the final address",
                  "Often HTTP to HTTPS: correct “address to ask” and “HTTPS”."),
            Entry("fails with status …; look at the web server's and PHP's error logs",
                  "Do what the sentence says: it names what, and where."),
            Entry("answers with …; let the web server run endpoint.php there.",
                  "The location serves a page of the site, or the file's text."),
            Entry("does not refuse …: install it again.",
                  "The endpoint answered what it must not; release nothing until that is "
                  "understood."),
            Entry("no valid token is installed for the guarded endpoint.",
                  "“Tokens” → issue one, or “Install on servers”."),
            Entry("A newer list of tokens is here already (number …); this one has ….",
                  "Another release manager installs tokens in this folder, or our clock was set "
                  "back: end the other one, or remove “door/generation” there; then “Install on "
                  "servers”."),
            Entry("/generation is damaged: remove it, then install the tokens again.",
                  "Do what the sentence says: it names what, and where."),
            Entry("clock differs by … s from ours",
                  "NTP, on both sides."),
        ),
    ),
)
