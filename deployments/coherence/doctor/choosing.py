"""Which strategy the doctor chooses, and why in one sentence."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .verdicts import UNKNOWN

REASONS = {
    "realpath": _lazy("PHP is handed each version's own folder, so nothing can stay old after the "
                      "switch."),
    "front-controller": _lazy("PHP is handed our stable entry, which reads the link for each "
                              "request."),
    "web-config": _lazy("The web server includes our file, so it hands PHP the folder that we "
                        "name."),
    "reset": _lazy("OPcache can be reset here, and it is done once the reset has happened."),
    "fpm-reload": _lazy("PHP-FPM waits for running requests when it is reloaded; visitors wait "
                        "with them."),
    "apache-graceful": _lazy("PHP lives in Apache, which we may reload; it is done once the old "
                             "processes are gone."),
    "none": _lazy("No PHP runs here."),
}


def choose(verdicts, *, way_out):
    """Return (strategy, reason): the first that is safe; ("", why) where none is.

    Why not is told of what is only not known, else of the strategy `way_out`.
    """
    for name, verdict in verdicts.items():
        if verdict:
            return name, str(REASONS[name])
    hopeful = [f"“{name}”: {verdict.why}" for name, verdict in verdicts.items()
               if verdict.sort == UNKNOWN]
    why = hopeful[0] if hopeful else f"“{way_out}”: {verdicts[way_out].why}"
    return "", _("No strategy is known to be safe here. {why}").format(why=why)
