"""Links beside *Add …* on top of a list."""


class MoreTools:
    """For ModelAdmins: `more_tools(request)` gives (words, address) of links for this person."""

    def more_tools(self, request):
        return []

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"more_tools": self.more_tools(request), **(extra_context or {})})
