"""What is said where PHP on a server could not be asked, so nothing could be proved."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

GROUPS = (
    Group(
        _("Asking PHP"),
        _("PHP on the server could not be asked which version it runs. What cannot be asked cannot "
          "be proved."),
        _("Whoever runs the server, or an administrator of the release manager."),
        (
            Entry(_("sshd on … does not let us reach …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("… cannot open …: …"),
                  _("The socket: wrong path, PHP-FPM stopped, or the account is not in the "
                    "socket's group.")),
            Entry(_("does not answer as PHP-FPM does"),
                  _("That socket is something else's.")),
            Entry(_("… cannot read …; check its folder's permissions, open_basedir and chroot"),
                  _("PHP must be allowed to read “ROOT/.releasemgr”.")),
            Entry(_("no worker was free to answer"),
                  _("Long requests held all workers of the pool; more workers, a quieter hour, or "
                    "raise “PROOF_LIMIT_S”.")),
            Entry(_("was not answered in time; all its workers may be busy."),
                  _("Long requests held all workers of the pool; more workers, a quieter hour, or "
                    "raise “PROOF_LIMIT_S”.")),
            Entry(_("did not answer within … s; all its workers may be busy."),
                  _("Long requests held all workers of the pool; more workers, a quieter hour, or "
                    "raise “PROOF_LIMIT_S”.")),
            Entry(_("another machine answered at …: correct that address so that it leads to … "
                    "itself."),
                  _("“address to ask” of the installation (or the pool's socket) leads to another "
                    "server or to a load balancer.")),
            Entry(_("PHP does not say which machine it runs on"),
                  _("“open_basedir” or permissions keep PHP from the file; or the endpoint there "
                    "is of an earlier version of the release manager: “Tokens” → “Install on "
                    "servers”.")),
            Entry(_("shows no list of its workers"),
                  _("It must be PHP-FPM 7.3 or newer.")),
            Entry(_("has no PHP pool for …: add one."),
                  _("“Installations” → the installation → “PHP pools”.")),
            Entry(_("answers from the SAPI …, whose cache no visitor uses"),
                  _("The door leads to the wrong PHP.")),
            Entry(_("refuses our token; the server's refusal log names the reason."),
                  _("Behind it stands “Its log says: …”: what each reason means.")),
            Entry(_("is closed by the web server itself (status …)"),
                  _("An “allow”/“deny” or password in front of the endpoint's location.")),
            Entry(_("does not exist (404); install it, and let the web server lead there"),
                  _("The location is missing, or the token was not installed yet.")),
            Entry(_("redirects to …, which we do not follow; enter the final address"),
                  _("Often HTTP to HTTPS: correct “address to ask” and “HTTPS”.")),
            Entry(_("fails with status …; look at the web server's and PHP's error logs"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("answers with …; let the web server run endpoint.php there."),
                  _("The location serves a page of the site, or the file's text.")),
            Entry(_("does not refuse …: install it again."),
                  _("The endpoint answered what it must not; release nothing until that is "
                    "understood.")),
            Entry(_("no valid token is installed for the guarded endpoint."),
                  _("“Tokens” → issue one, or “Install on servers”.")),
            Entry(_("A newer list of tokens is here already (number …); this one has …."),
                  _("Another release manager installs tokens in this folder, or our clock was set "
                    "back: end the other one, or remove “door/generation” there; then “Install on "
                    "servers”.")),
            Entry(_("/generation is damaged: remove it, then install the tokens again."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("clock differs by … s from ours"),
                  _("NTP, on both sides.")),
        ),
    ),
)
