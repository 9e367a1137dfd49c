"""Places as forms about access name them: every project, one project, or one of its environments.
"""

from django.utils.translation import gettext as _


def choices_of(projects, *, everywhere=False):
    """[(value, words)] for a select: “shop” is the whole project, “shop/production” one
    environment of it, "" (with `everywhere`) every project."""
    found = [("", _("Every project"))] if everywhere else []
    for project in projects:
        found.append((project.slug, _("{project}, the whole project").format(project=project.name)))
        found += [(f"{project.slug}/{row.slug}", f"{project.name} ({row.name})")
                  for row in project.environments.all()]
    return found


def place_of(value, projects):
    """(project, environment) that a form names, out of these projects; (None, None) for none."""
    slug, __, inner = value.partition("/")
    project = next((row for row in projects if row.slug == slug), None)
    if project is None or not inner:
        return project, None
    environment = project.environments.filter(slug=inner).first()
    return (project, environment) if environment else (None, None)
