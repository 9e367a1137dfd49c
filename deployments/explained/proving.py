"""What is said where PHP did not follow, or that could not be proved in time."""

from .entry import Entry, Group

GROUPS = (
    Group(
        "Making PHP follow, and the proof",
        "PHP did not take up the version that its server was switched to, or that could not be "
        "proved in time: it counts as failed, and everything goes back.",
        "Whoever runs the server; where a page of the site is broken, its developers.",
        (
            Entry("is handed paths below …/current, so PHP would keep running the old version.",
                  "Mend the web server's lines, or choose “reset”."),
            Entry("has opcache.restrict_api = …",
                  "Do what the sentence says: it names what, and where."),
            Entry("OPcache is switched off in …",
                  "Do what the sentence says: it names what, and where."),
            Entry("preloads …: a reset leaves preloaded classes old.",
                  "Choose “fpm-reload”."),
            Entry("preloads …, and preloaded classes stay old until PHP-FPM is reloaded: choose "
                  "the strategy “fpm-reload”, or remove opcache.preload.",
                  "Do what the sentence says: it names what, and where."),
            Entry("preloads … and is handed …: between the switch and the reload every page would "
                  "mix two versions.",
                  "A site that preloads wants “$document_root” in nginx's lines."),
            Entry("would cut off every request that runs, because its process_control_timeout is "
                  "0: …",
                  "Do what the sentence says: it names what, and where."),
            Entry("would cut requests off after … s, and one has taken … s: …",
                  "Raise it, or release when nobody runs such a request and ask for the doctor's "
                  "advice; what was seen counts for 20 deployments."),
            Entry("was changed after … had read it, so nobody knows which process_control_timeout "
                  "it keeps to: …",
                  "Do what the sentence says: it names what, and where."),
            Entry("may not run … as root on this server. Let an administrator run … there and add "
                  "this line: …",
                  "Do what the sentence says: it names what, and where."),
            Entry("workers of … from before are still there (pools …).",
                  "A reload or restart was asked for and did not come about in time: look at "
                  "“systemctl status” there."),
            Entry("was left as it is, because … did not come back as it should.",
                  "Servers are restarted one after the other; look at the one it names first."),
            Entry("ran before … and still so … s after it, with the version …",
                  "The command did not restart these programs (“that was left”: on the way "
                  "back), or what is written in “restarts the processes” fits others too: put the "
                  "site's folder in it."),
            Entry("none of the … processes with … in the command line came back within … s after "
                  "…",
                  "Nothing watches over them: start them, and let something do so."),
            Entry("no strategy is known to be safe here: …",
                  "Look at the doctor's page for that installation."),
            Entry("requests still running keep it from happening.",
                  "A long request; release in a quieter hour."),
            Entry("never saw our request to …: set a page of the site that this pool answers.",
                  "“page path” of that pool in the installation: another pool answers it, or a "
                  "cache does."),
            Entry("never saw our request to …: the web server answered … without asking it. See "
                  "in its error log why.",
                  "Do what the sentence says: it names what, and where."),
            Entry("which is outside …: the web server's root must be the site's current folder.",
                  "Do what the sentence says: it names what, and where."),
            Entry("… has one worker…: give it pm.max_children = 2 or more.",
                  "Do what the sentence says: it names what, and where."),
            Entry("cannot be checked: worker … runs … although … is live. Make PHP reload first.",
                  "The server is stale “before” the release: press “Make PHP reload”, then "
                  "release. What another tool left behind needs PHP-FPM itself reloaded: after "
                  "the conversion."),
            Entry("has been busy for … s",
                  "A long request held this worker; try again, or raise “PROOF_LIMIT_S”."),
            Entry("never took our request",
                  "The worker stayed idle and was never given our question; try again."),
            Entry("none of the workers that PHP-FPM has started since we began took our request",
                  "The worker stayed idle and was never given our question; try again."),
            Entry("still answers from …",
                  "The cache is stale although the strategy acted; is the strategy the right "
                  "one?"),
            Entry("The web server still hands …",
                  "The web server caches paths, or serves another folder."),
            Entry("gave no answer just before the switch, so its answers now would prove nothing; "
                  "Finish, or Put all back, asks it anew.",
                  "The pool could not be armed within 5 seconds, mostly for an outage that is "
                  "over by now: decide. Else look at the lines above it."),
            Entry("the page … answered … instead of …",
                  "Look at the page: the new version is broken. As a “Warning” before the "
                  "switch: the live one is, and nothing was stopped by it."),
            Entry("it was like this before",
                  "The page was not as wanted before the deployment either, so going back counts "
                  "as proved."),
            Entry("does not contain “…”",
                  "The page was not as wanted before the deployment either, so going back counts "
                  "as proved."),
            Entry("of the version before, but not …: its root may not be the site's current "
                  "folder.",
                  "The web server serves static files from elsewhere."),
            Entry("the web server does not serve the new …; if it caches open files "
                  "(open_file_cache), switch that off for this site.",
                  "Do what the sentence says: it names what, and where."),
            Entry("Another site's release kept the PHP cache of … for longer than …",
                  "Try again when that has ended."),
            Entry("What would be released changed after it was asked for",
                  "Somebody edited the project, the servers or the installations meanwhile; ask "
                  "again."),
            Entry("It took longer than … s.",
                  "Raise “DEPLOYMENT_LIMIT_S”, or find out in the log what took so long."),
            Entry("the command “…” took longer than … s.",
                  "Raise the command's limit, or make it faster."),
            Entry("the command “…” ended with code …",
                  "Its output stands above in the log."),
        ),
    ),
)
