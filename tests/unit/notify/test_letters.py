"""Mails as HTML: what the text says, nothing it does not, and no markup of what is quoted."""

import re

from deployments.notify.letters import as_html

TEXT = """Shop 2.9.1 to Production: Live and checked.

2 of 2 PHP workers run <b>it</b> & more.

https://releases.shop.example/admin/progress/12/?a=1&b=2

Asked for by Anna <anna@shop.example>. For support: ref R-12
"""


def test_the_same_sentences_stand_there():
    """Heading, sentence, button, reference; what is quoted stays text."""
    page = as_html(TEXT)
    for words in ("Shop 2.9.1 to Production: Live and checked.</h1>",
                  "<p>2 of 2 PHP workers run &lt;b&gt;it&lt;/b&gt; &amp; more.</p>",
                  "Asked for by Anna &lt;anna@shop.example&gt;. For support: ref R-12</p>"):
        assert words in page


def test_there_is_one_link_and_nothing_to_load():
    """Opening the mail asks nobody for anything."""
    page = as_html(TEXT)
    assert re.findall(r'href="([^"]+)"', page) == [
        "https://releases.shop.example/admin/progress/12/?a=1&amp;b=2"]
    assert not re.search(r"<(img|script|link|iframe)|src=|url\(|javascript:", page)


def test_an_address_that_somebody_wrote_becomes_no_link():
    """Neither inside a sentence nor as all of it."""
    for words in ("Why: “see https://evil.example/ now”", "https://evil.example/"):
        page = as_html(f"Rejected.\n\n{words}\n\n/admin/progress/1/\n\nR-1\n")
        assert "href" not in page
    assert "<p>/admin/progress/1/</p>" in page


def test_a_text_of_one_sentence_is_a_heading_alone():
    """Nothing is lost, and nothing invented."""
    assert re.sub(r"<[^>]+>", "", as_html("Shop is live.\n")).strip() == "Shop is live."
