"""Adding a site: an account for a colleague, made without leaving the step of its people."""

from django.urls import reverse

from .. import policy
from ..errors import Refused
from ..services import first_steps, people
from ..services.acting import demand, recording_refusals
from .door import see, see_other
from .first_forms import NewPerson
from .first_run import show_step, site_page


@site_page("GET", "HEAD", "POST")
def person(request, actor, project):
    """A name and a mail address; the page of the password link follows, and leads back here."""
    site, refusal = first_steps.site_of(project), None
    if site.environment is None:
        return see_other("first-run-server", project.slug)
    form = NewPerson(request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            user = _made(actor, form)
        except Refused as found:
            refusal = found
        else:
            if user is not None:
                link = reverse("admin:person-link", args=[user.pk])
                return see(f"{link}?site={project.slug}")
    return show_step(request, site, first_steps.PEOPLE, "first-run/person.html", form=form,
                     refusal=refusal, decision=policy.may_look_after(actor))


def _made(actor, form):
    """The account, or None where something typed is wrong: only who may is told what."""
    if form.is_valid():
        return people.add(actor, **form.cleaned_data)[0]
    with recording_refusals(actor, "person.added"):
        demand(policy.may_look_after(actor))
    return None
