"""Links beside *Add …* on top of a list."""

from django.urls import reverse


class MoreTools:
    """For ModelAdmins: `more_tools(request)` gives (words, address) of links for this person;
    `guide` names a page that leads through adding one, in small steps."""

    guide = ""

    def more_tools(self, request):
        return []

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"more_tools": self.more_tools(request),
                      "guide": self.guide and reverse(self.guide), **(extra_context or {})})
