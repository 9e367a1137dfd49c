"""The certificate that a site shows where it is asked, as any visitor sees it."""

import ssl
import time
from urllib.parse import urlsplit

from requests.certs import where

from deployments.remote import http

DAY_S = 86_400


def days_left(call: http.HttpCall) -> int:
    """Return the whole days until the certificate ends.

    `call` says where to connect and which name must fit, as for `http.ask`. Unreachable where
    there is no valid certificate for this name, or no connection; nothing is asked there.
    """
    name = urlsplit(call.site).hostname
    context = ssl.create_default_context(cafile=call.ca_bundle or where())
    try:
        with http.connect_for(call, timeout_s=call.deadline_s) as line:
            line.settimeout(call.deadline_s)
            with context.wrap_socket(line, server_hostname=name) as secured:
                ends_at = ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"])
    except Exception as error:
        raise http.fault_of(call, error, is_late=isinstance(error, TimeoutError)) from None
    return int((ends_at - time.time()) // DAY_S)
