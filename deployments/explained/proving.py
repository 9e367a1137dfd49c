"""What is said where PHP did not follow, or that could not be proved in time."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

GROUPS = (
    Group(
        _("Making PHP follow, and the proof"),
        _("PHP did not take up the version that its server was switched to, or that could not be "
          "proved in time: it counts as failed, and everything goes back."),
        _("Whoever runs the server; where a page of the site is broken, its developers."),
        (
            Entry(_("is handed paths below …/current, so PHP would keep running the old version."),
                  _("Mend the web server's lines, or choose “reset”.")),
            Entry(_("has opcache.restrict_api = …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("OPcache is switched off in …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("preloads …: a reset leaves preloaded classes old."),
                  _("Choose “fpm-reload”.")),
            Entry(_("preloads …, and preloaded classes stay old until PHP-FPM is reloaded: choose "
                    "the strategy “fpm-reload”, or remove opcache.preload."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("preloads … and is handed …: between the switch and the reload every page "
                    "would mix two versions."),
                  _("A site that preloads wants “$document_root” in nginx's lines.")),
            Entry(_("would cut off every request that runs, because its process_control_timeout is "
                    "0: …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("would cut requests off after … s, and one has taken … s: …"),
                  _("Raise it, or release when nobody runs such a request and ask for the doctor's "
                    "advice; what was seen counts for 20 deployments.")),
            Entry(_("was changed after … had read it, so nobody knows which "
                    "process_control_timeout it keeps to: …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("may not run … as root on this server. Let an administrator run … there and "
                    "add this line: …"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("workers of … from before are still there (pools …)."),
                  _("A reload or restart was asked for and did not come about in time: look at "
                    "“systemctl status” there.")),
            Entry(_("was left as it is, because … did not come back as it should."),
                  _("Servers are restarted one after the other; look at the one it names first.")),
            Entry(_("ran before … and still so … s after it, with the version …"),
                  _("The command did not restart these programs (“that was left”: on the way "
                    "back), or what is written in “restarts the processes” fits others too: put "
                    "the site's folder in it.")),
            Entry(_("none of the … processes with … in the command line came back within … s after "
                    "…"),
                  _("Nothing watches over them: start them, and let something do so.")),
            Entry(_("no strategy is known to be safe here: …"),
                  _("Look at the doctor's page for that installation.")),
            Entry(_("requests still running keep it from happening."),
                  _("A long request; release in a quieter hour.")),
            Entry(_("never saw our request to …: set a page of the site that this pool answers."),
                  _("“page path” of that pool in the installation: another pool answers it, or a "
                    "cache does.")),
            Entry(_("never saw our request to …: the web server answered … without asking it. See "
                    "in its error log why."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("which is outside …: the web server's root must be the site's current folder."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("… has one worker…: give it pm.max_children = 2 or more."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("cannot be checked: worker … runs … although … is live. Make PHP reload "
                    "first."),
                  _("The server is stale “before” the release: press “Make PHP reload”, then "
                    "release. What another tool left behind needs PHP-FPM itself reloaded: after "
                    "the conversion.")),
            Entry(_("has been busy for … s"),
                  _("A long request held this worker; try again, or raise “PROOF_LIMIT_S”.")),
            Entry(_("never took our request"),
                  _("The worker stayed idle and was never given our question; try again.")),
            Entry(_("none of the workers that PHP-FPM has started since we began took our request"),
                  _("The worker stayed idle and was never given our question; try again.")),
            Entry(_("still answers from …"),
                  _("The cache is stale although the strategy acted; is the strategy the right "
                    "one?")),
            Entry(_("The web server still hands …"),
                  _("The web server caches paths, or serves another folder.")),
            Entry(_("gave no answer just before the switch, so its answers now would prove "
                    "nothing; Finish, or Put all back, asks it anew."),
                  _("The pool could not be armed within 5 seconds, mostly for an outage that is "
                    "over by now: decide. Else look at the lines above it.")),
            Entry(_("the page … answered … instead of …"),
                  _("Look at the page: the new version is broken. As a “Warning” before the "
                    "switch: the live one is, and nothing was stopped by it.")),
            Entry(_("it was like this before"),
                  _("The page was not as wanted before the deployment either, so going back counts "
                    "as proved.")),
            Entry(_("does not contain “…”"),
                  _("The page was not as wanted before the deployment either, so going back counts "
                    "as proved.")),
            Entry(_("of the version before, but not …: its root may not be the site's current "
                    "folder."),
                  _("The web server serves static files from elsewhere.")),
            Entry(_("the web server does not serve the new …; if it caches open files "
                    "(open_file_cache), switch that off for this site."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("Another site's release kept the PHP cache of … for longer than …"),
                  _("Try again when that has ended.")),
            Entry(_("What would be released changed after it was asked for"),
                  _("Somebody edited the project, the servers or the installations meanwhile; ask "
                    "again.")),
            Entry(_("It took longer than … s."),
                  _("Raise “DEPLOYMENT_LIMIT_S”, or find out in the log what took so long.")),
            Entry(_("the command “…” took longer than … s."),
                  _("Raise the command's limit, or make it faster.")),
            Entry(_("the command “…” ended with code …"),
                  _("Its output stands above in the log.")),
        ),
    ),
)
