"""An address that only takes a button's press, opened by hand: a page that says so, instead of an
empty answer."""

from django.shortcuts import render


class WrongMethod:
    """Middleware: gives a bare 405 (RFC 9110, 15.5.6) the words of the other error pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        told = render(request, "405.html", status=405)
        told.headers["Allow"] = response.headers.get("Allow", "")
        return told
