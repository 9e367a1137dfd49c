"""A mail as HTML: the same sentences as its text, and the same one link.

Styles stand at each element, because mail programs drop style sheets; nothing is fetched from
anywhere, so that opening a mail tells nobody.
"""

import re

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

LINK = re.compile(r"https?://[^\s<>\"]+")
BODY = "margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif"
HEADING = "font-size:20px;line-height:1.3;margin:0 0 16px"
BUTTON = ("display:inline-block;padding:10px 18px;border-radius:6px;background:#1d5ca8;"
          "color:#ffffff;text-decoration:none;font-weight:600")
SMALL = "font-size:13px;color:#666666"


def as_html(text):
    """The paragraphs of a mail's text (`services.notices` writes it) as a page of their own:
    heading, sentence, the address of our page as a button, and what support asks for.

    Only the third one may become a link: whatever people wrote stands in the second.
    """
    heading, *rest = text.strip().split("\n\n")
    parts = [format_html('<h1 style="{}">{}</h1>', HEADING, heading)]
    for place, part in enumerate(rest, start=2):
        if place == 3 and LINK.fullmatch(part):
            parts.append(format_html('<p><a href="{}" style="{}">{}</a></p>', part, BUTTON,
                                     _("Open the page")))
        elif place == 4:
            parts.append(format_html('<p style="{}">{}</p>', SMALL, part))
        else:
            parts.append(format_html("<p>{}</p>", part))
    return format_html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"></head><body style="{}">'
        '<div style="max-width:36em;margin:0 auto">{}</div></body></html>\n',
        BODY, format_html_join("", "{}", ((part,) for part in parts)))
