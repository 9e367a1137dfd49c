"""What visitors will notice of a release, said beside the button that begins it."""

import re

from tests import factories

CONFIRM = "/admin/release/shop/staging/confirm/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_what_visitors_will_notice_stands_beside_the_button(staging, shop, releaser, sign_in):
    """Waiting, errors, other sites; and only where nothing is to be noticed does it say so."""
    client, wanted = sign_in(releaser), {"version": factories.make_release(shop, label="2.0").name}
    assert "Visitors should notice nothing." in text_of(client.get(CONFIRM, wanted))
    staging.installations.update(strategy="fpm-restart")
    answer = text_of(client.get(CONFIRM, wanted))
    assert "On web-1 visitors may see errors for a few seconds (not measured there yet)." in answer
    assert "should notice nothing" not in answer
