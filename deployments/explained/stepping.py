"""What steps end with beside what docs/faults.md tells of: mostly set-up to correct."""

from .entry import Entry, Group

AGAIN = "Release again; if it comes back, look at the server's load and network."
FPM_RELOAD = "Choose the strategy “fpm-reload” on the installation, or change what it names."
OTHER_MACHINE = "Let “address to ask” of the installation lead to the server itself."

GROUPS = (
    Group(
        "While it is released",
        "A step looked before it acted, or after it, and what it found does not fit. Before the "
        "switch nothing changed; after it, everything goes back.",
        "An administrator of the release manager, with whoever runs the server.",
        (
            Entry("did not answer to the end.", AGAIN,
                  "The server began its answer and did not end it."),
            Entry("took over the PHP cache, because this worker gave no sign of life for too long.",
                  "Release again when that one has ended.",
                  "Two sites share one PHP-FPM, and only one at a time may act on its cache."),
            Entry("Build that version again and release the new build: it gets a folder of its "
                  "own.",
                  "Open “Drift watch” of the place and press “Build again”.",
                  "The folder of that version was changed on the server after it was released."),
            Entry("what was live before was never read.",
                  "Look at the server, then decide again.",
                  "Without it, nobody knows what to put back there."),
            Entry("PHP pool … on … has no socket: with mod_php, let PHP be reached by the guarded "
                  "endpoint.",
                  "Enter the pool's socket on the server's page, or choose the guarded endpoint as "
                  "the installation's way to PHP."),
            Entry("PHP pool … on … cannot be reached: …",
                  "See that PHP-FPM runs there and that the socket's path is right."),
            Entry("Look at the doctor's page.",
                  "Open “Doctor” of the place and do what it advises, then release again.",
                  "How PHP is served there changed, or no strategy is safe as it is."),
            Entry("Look at the doctor's page, press Examine again, then release.",
                  "Open “Doctor” of the place, press “Examine again”, read what changed.",
                  "The server is not as the doctor saw it last."),
            Entry("the strategy “…” would fail here.",
                  "Choose the strategy that the sentence names on the installation, or do what "
                  "“Doctor” advises."),
            Entry("PHP does not tell its process number: allow getmypid() in disable_functions.",
                  "Take getmypid out of disable_functions in php.ini, and reload PHP."),
            Entry("and preloaded classes stay old whatever the entry runs: choose the strategy "
                  "“fpm-reload”, or remove opcache.preload.", FPM_RELOAD),
            Entry("is handed scripts of … for …, not the entry: …, reload it once, then release "
                  "again.", "Change the web server's lines as the sentence says, reload it, then "
                  "release again.", "The web server does not lead to the entry outside the "
                  "versions."),
            Entry("which is one version's own file: let opcache.preload name it below …/current.",
                  "Change opcache.preload as the sentence says, and reload PHP."),
            Entry("of each version, and that of … would keep PHP from starting: …",
                  "Mend that file in the source and release the new commit.",
                  "The version's own preload file fails: PHP would not come up with it.",
                  "The site's developers."),
            Entry("is no name of a service that could be told to …: correct it in the server's PHP "
                  "pools or the installation.", "Write the service as systemctl lists it, like "
                  "php8.2-fpm."),
            Entry("configuration cannot be read, so nobody knows its process_control_timeout: let "
                  "the account … read it.", "Give the account the right to read that file."),
            Entry("runs inside Apache (mod_php), so there is no PHP-FPM to reload or restart: "
                  "choose the strategy “apache-graceful”.",
                  "Choose “apache-graceful” on the installation."),
            Entry("is handed paths below …, not …, which stands in …: …, reload it once, then "
                  "release again.", "Change the web server's lines as the sentence says, reload "
                  "it, then release again."),
            Entry("is no command of plain words: correct the installation's test of the "
                  "configuration.", "Write the command without quotes, pipes or variables."),
            Entry("not inside Apache, so a reload of Apache would leave its caches as they are: "
                  "choose the strategy “fpm-reload” or “reset”.",
                  "Choose “fpm-reload” or “reset” on the installation."),
            Entry("A reload does not start … again: start it on the server.",
                  "Start the service, see in its log why it stopped, then release again."),
            Entry("the page … is answered by another machine: correct the address to ask",
                  OTHER_MACHINE),
            Entry("another pool answers that page. Set a page of the site that this pool answers.",
                  "Set “page path” of that pool in the installation."),
            Entry("the entry outside the versions ran the site's page for … instead of answering "
                  "us: let PHP reach .releasemgr/questions in the site's folder.",
                  "Widen open_basedir, or the rights of that folder, so that PHP can read it."),
            Entry("could not be asked within … s", "Release in a quieter hour, give the pool more "
                  "workers, or raise PROOF_LIMIT_S.",
                  "Long requests held PHP's workers until the time was over."),
            Entry("the file … could not be read: …", "See that the web server serves static files "
                  "from the site's current folder."),
            Entry("the page … after the switch.", "Open that page: the new version answers it "
                  "differently from what is wanted. Mend the version, or the wanted answer.",
                  "A check page was not as it should be once visitors got the new version.",
                  "The site's developers."),
            Entry("is still handed paths below … after the reload: …",
                  "See that the web server's new lines are the ones it runs with."),
            Entry("workers of … from before the reload still serve visitors (processes …).",
                  "Long requests keep them: look at what runs there, then release again."),
            Entry("was not reloaded, because that might cut off …",
                  "Release when no such request runs, or raise process_control_timeout."),
        ),
    ),
)
