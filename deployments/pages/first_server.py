"""Adding a site: the steps of its server, of PHP there, and of its people."""

import shlex

from .. import policy
from ..errors import Refused
from ..models import ServerCheck
from ..models.fields import lines_of as lines_in
from ..services import checkups, first_people, first_server, first_steps
from ..services.administrators import sole_administrator
from ..services.keys import fingerprint
from ..services.still_approvable import NobodyCouldApprove
from .doctor import Patient
from .door import see_other
from .first_forms import People, Reach, Served
from .first_run import show_step, site_page


@site_page("GET", "HEAD", "POST")
def server(request, actor, project):
    """Where the site lies; then the lines to paste, the identity to compare, and signing in."""
    site, refusal = first_steps.site_of(project), None
    place = site.place
    form = Reach() if place is None else Reach.of(place) if "change" in request.GET else None
    if request.method == "POST":
        try:
            form = _press_server(request, actor, site)
        except Refused as found:
            form, refusal = Reach(request.POST, place=place) if "save" in request.POST else None, \
                found
        else:
            if form is None:
                return see_other("first-run-server", project.slug)
        site = first_steps.site_of(project)
    row = site.server
    tried = row and first_steps.last_check(row, ServerCheck.CONNECTION)
    return show_step(
        request, site, first_steps.SERVER, "first-run/server.html", form=form, refusal=refusal,
        lines=lines_of(site.place) if row else "", has_tried=bool(tried),
        files=lines_in(project.shared_files),
        seen=fingerprint(row.host_key_seen) if row and not row.host_key else "")


def _press_server(request, actor, site):
    """Do what was pressed; the form again where something typed is wrong, else None."""
    if "save" not in request.POST and site.place is None:
        return Reach()  # there is nobody to ask yet
    if "confirm" in request.POST:
        first_server.confirm(actor, site.server, request.POST["confirm"])
    elif "again" in request.POST:
        first_server.ask_again(actor, site.server)
    else:
        form = Reach(request.POST, place=site.place)
        if not form.is_valid():
            return form
        if site.place:
            first_server.change_server(actor, site.place, **form.cleaned_data)
        else:
            first_server.add_server(actor, site.project, **form.cleaned_data)
    return None


def lines_of(place):
    """What an administrator of the server pastes there, as root."""
    user, root = place.server.user, shlex.quote(place.root)
    key = shlex.quote(f"restrict,port-forwarding {place.server.ssh_key.public_key}")
    return "\n".join((
        f"id {user} || useradd --system --user-group --create-home --shell /bin/sh "
        f"--password '*' {user}",
        f"usermod --append --groups {shlex.quote(place.web_group)} {user}",
        f"install -d -o {user} -m 0755 {root}",
        f"install -d -o {user} -m 0700 ~{user}/.ssh",
        f"echo {key} >> ~{user}/.ssh/authorized_keys"))


def nginx_lines(place):
    """What nginx needs so that PHP follows the link by itself: the strategy “realpath”."""
    project, pool = place.environment.project, place.pools.first()
    socket = pool.socket if pool else "/run/php/php-fpm.sock"
    served = "/".join(filter(None, (place.root, "current", project.public_folder)))
    return "\n".join((
        f"root {served};",
        "location / { try_files $uri /index.php$is_args$args; }",
        r"location ~ \.php$ {",
        "    include fastcgi_params;",
        "    fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;",
        "    fastcgi_param DOCUMENT_ROOT $realpath_root;",
        f"    fastcgi_pass {'unix:' if socket.startswith('/') else ''}{socket};",
        "}"))


@site_page("GET", "HEAD", "POST")
def php(request, actor, project):
    """Which PHP serves the site; then what the doctor found there."""
    site, refusal, form = first_steps.site_of(project), None, None
    place = site.place
    if place is None:
        return see_other("first-run-server", project.slug)
    found = first_steps.found_there(place.server)
    if not first_steps.says_how(place) or "change" in request.GET:
        form = Served.of(place, found)
    if request.method == "POST":
        form = Served(request.POST, place=place, found=found) if "save" in request.POST else None
        try:
            if form is None:
                checkups.ask(actor, place.environment)
            elif form.is_valid():
                first_server.serve(actor, place, **form.cleaned_data)
            if form is None or form.is_valid():
                return see_other("first-run-php", project.slug)
        except Refused as error:
            refusal = error
    answer = checkups.newest_answers([place.environment]).get(place.pk)
    return show_step(
        request, site, first_steps.PHP, "first-run/php.html", form=form, refusal=refusal,
        nginx=nginx_lines(place) if place.web_server == place.NGINX else "",
        patient=answer and Patient(place, answer, None, True))


@site_page("GET", "HEAD", "POST")
def people(request, actor, project):
    """Who may release the site, and whose yes a release takes."""
    site, refusal = first_steps.site_of(project), None
    if site.environment is None:
        return see_other("first-run-server", project.slug)
    form = People(request.POST if request.method == "POST" else None, user=actor.user,
                  there=first_people.people_of(actor, site.environment))
    if form.is_bound and form.is_valid():
        try:
            first_people.let_in(actor, site.environment, **form.cleaned_data)
        except Refused as found:
            refusal, form.is_asked_sure = found, isinstance(found, NobodyCouldApprove)
        else:
            return see_other("first-run-site", project.slug)
    return show_step(request, site, first_steps.PEOPLE, "first-run/people.html", form=form,
                     refusal=refusal, only=sole_administrator(actor.user),
                     may_add=bool(policy.may_look_after(actor)))
