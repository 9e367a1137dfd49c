"""Loads our templates with their words marked for gettext."""

from django.template.loaders import filesystem

from .marking import mark


class Loader(filesystem.Loader):
    """What `templates/` holds, as `marking.mark` gives it."""

    def get_contents(self, origin):
        contents = super().get_contents(origin)
        return mark(contents) if origin.name.endswith(".html") else contents
