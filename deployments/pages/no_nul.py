"""Addresses with a NUL in them: PostgreSQL refuses to look for one, which would end in a fault."""

from urllib.parse import unquote

from django.http import Http404


class NoNul:
    """Middleware: such an address, which only a hostile hand writes, names nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\0" in request.path or "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise Http404
        return self.get_response(request)
