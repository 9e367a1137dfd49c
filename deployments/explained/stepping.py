"""What steps end with beside what docs/faults.md tells of: mostly set-up to correct."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

AGAIN = _("Release again; if it comes back, look at the server's load and network.")
FPM_RELOAD = _("Choose the strategy “fpm-reload” on the installation, or change what it names.")
OTHER_MACHINE = _("Let “address to ask” of the installation lead to the server itself.")

GROUPS = (
    Group(
        _("While it is released"),
        _("A step looked before it acted, or after it, and what it found does not fit. Before the "
          "switch nothing changed; after it, everything goes back."),
        _("An administrator of the release manager, with whoever runs the server."),
        (
            Entry(_("did not answer to the end."), AGAIN,
                  _("The server began its answer and did not end it.")),
            Entry(_("took over the PHP cache, because this worker gave no sign of life for too "
                    "long."),
                  _("Release again when that one has ended."),
                  _("Two sites share one PHP-FPM, and only one at a time may act on its cache.")),
            Entry(_("Build that version again and release the new build: it gets a folder of its "
                    "own."),
                  _("Open “Drift watch” of the place and press “Build again”."),
                  _("The folder of that version was changed on the server after it was released.")),
            Entry(_("what was live before was never read."),
                  _("Look at the server, then decide again."),
                  _("Without it, nobody knows what to put back there.")),
            Entry(_("PHP pool … on … has no socket: with mod_php, let PHP be reached by the "
                    "guarded endpoint."),
                  _("Enter the pool's socket on the server's page, or choose the guarded endpoint "
                    "as the installation's way to PHP.")),
            Entry(_("PHP pool … on … cannot be reached: …"),
                  _("See that PHP-FPM runs there and that the socket's path is right.")),
            Entry(_("Look at the doctor's page."),
                  _("Open “Doctor” of the place and do what it advises, then release again."),
                  _("How PHP is served there changed, or no strategy is safe as it is.")),
            Entry(_("Look at the doctor's page, press Examine again, then release."),
                  _("Open “Doctor” of the place, press “Examine again”, read what changed."),
                  _("The server is not as the doctor saw it last.")),
            Entry(_("the strategy “…” would fail here."),
                  _("Choose the strategy that the sentence names on the installation, or do what "
                    "“Doctor” advises.")),
            Entry(_("PHP does not tell its process number: allow getmypid() in disable_functions."),
                  _("Take getmypid out of disable_functions in php.ini, and reload PHP.")),
            Entry(_("and preloaded classes stay old whatever the entry runs: choose the strategy "
                    "“fpm-reload”, or remove opcache.preload."), FPM_RELOAD),
            Entry(_("is handed scripts of … for …, not the entry: …, reload it once, then release "
                    "again."), _("Change the web server's lines as the sentence says, reload it, "
                                 "then release again."), _("The web server does not lead to the "
                                                           "entry outside the versions.")),
            Entry(_("which is one version's own file: let opcache.preload name it below "
                    "…/current."),
                  _("Change opcache.preload as the sentence says, and reload PHP.")),
            Entry(_("of each version, and that of … would keep PHP from starting: …"),
                  _("Mend that file in the source and release the new commit."),
                  _("The version's own preload file fails: PHP would not come up with it."),
                  _("The site's developers.")),
            Entry(_("is no name of a service that could be told to …: correct it in the server's "
                    "PHP pools or the installation."),
                    _("Write the service as systemctl lists it, like php8.2-fpm.")),
            Entry(_("configuration cannot be read, so nobody knows its process_control_timeout: "
                    "let the account … read it."),
                    _("Give the account the right to read that file.")),
            Entry(_("runs inside Apache (mod_php), so there is no PHP-FPM to reload or restart: "
                    "choose the strategy “apache-graceful”."),
                  _("Choose “apache-graceful” on the installation.")),
            Entry(_("is handed paths below …, not …, which stands in …: …, reload it once, then "
                    "release again."), _("Change the web server's lines as the sentence says, "
                                         "reload it, then release again.")),
            Entry(_("is no command of plain words: correct the installation's test of the "
                    "configuration."), _("Write the command without quotes, pipes or variables.")),
            Entry(_("not inside Apache, so a reload of Apache would leave its caches as they are: "
                    "choose the strategy “fpm-reload” or “reset”."),
                  _("Choose “fpm-reload” or “reset” on the installation.")),
            Entry(_("A reload does not start … again: start it on the server."),
                  _("Start the service, see in its log why it stopped, then release again.")),
            Entry(_("the page … is answered by another machine: correct the address to ask"),
                  OTHER_MACHINE),
            Entry(_("another pool answers that page. Set a page of the site that this pool "
                    "answers."),
                  _("Set “page path” of that pool in the installation.")),
            Entry(_("the entry outside the versions ran the site's page for … instead of answering "
                    "us: let PHP reach .releasemgr/questions in the site's folder."),
                  _("Widen open_basedir, or the rights of that folder, so that PHP can read it.")),
            Entry(_("could not be asked within … s"), _("Release in a quieter hour, give the pool "
                                                        "more workers, or raise PROOF_LIMIT_S."),
                  _("Long requests held PHP's workers until the time was over.")),
            Entry(_("the file … could not be read: …"),
                  _("See that the web server serves static files from the site's current folder.")),
            Entry(_("the page … after the switch."),
                  _("Open that page: the new version answers it differently from what is wanted. "
                    "Mend the version, or the wanted answer."),
                  _("A check page was not as it should be once visitors got the new version."),
                  _("The site's developers.")),
            Entry(_("is still handed paths below … after the reload: …"),
                  _("See that the web server's new lines are the ones it runs with.")),
            Entry(_("workers of … from before the reload still serve visitors (processes …)."),
                  _("Long requests keep them: look at what runs there, then release again.")),
            Entry(_("was not reloaded, because that might cut off …"),
                  _("Release when no such request runs, or raise process_control_timeout.")),
        ),
    ),
)
