"""Django's lists and forms with only those of Django's scripts that they use.

Django links all of them everywhere, 290 kB: a list of rows needs none, and the largest file writes
a short name from a name, which one form does.
"""

from django.forms import Media

_FORMS = ("vendor/jquery/jquery.min.js", "jquery.init.js", "core.js",
          "admin/RelatedObjectLookups.js")
_WRITES_SLUGS = ("vendor/xregexp/xregexp.min.js", "urlify.js", "prepopulate.js")


class LessScript:
    """For ModelAdmins without `list_editable` and `raw_id_fields`, whose lists have scripts."""

    @property
    def media(self):
        """The scripts of a form."""
        return _scripts(*_FORMS, *(_WRITES_SLUGS if self.prepopulated_fields else ()))

    def changelist_view(self, request, extra_context=None):
        ticked = ("actions.js",) if self.get_actions(request) else ()
        return super().changelist_view(
            request, {"media": _scripts(*ticked), **(extra_context or {})})


def _scripts(*files):
    return Media(js=[f"admin/js/{file}" for file in files])
