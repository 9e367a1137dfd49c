"""Django's lists and forms with only those of Django's scripts that they use.

Django links all of them everywhere, 290 kB: a list of rows needs none, and the largest file writes
a short name from a name, which one form does.
"""

from django.forms import Media

_FORMS = ("vendor/jquery/jquery.min.js", "jquery.init.js", "core.js",
          "admin/RelatedObjectLookups.js")
_WRITES_SLUGS = ("vendor/xregexp/xregexp.min.js", "urlify.js", "prepopulate.js")


class LessScript:
    """For ModelAdmins without actions, `list_editable` and `raw_id_fields`: their lists need none.
    """

    @property
    def media(self):
        """The scripts of a form."""
        used = _FORMS + _WRITES_SLUGS if self.prepopulated_fields else _FORMS
        return Media(js=[f"admin/js/{file}" for file in used])

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"media": Media(), **(extra_context or {})})
