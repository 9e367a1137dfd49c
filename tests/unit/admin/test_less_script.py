"""Django's lists and forms load those of Django's scripts that they use, and no other."""

import pytest

LIST = "/admin/deployments/"


@pytest.mark.parametrize(("page", "jquery", "slugs"), [
    ("project/", False, False), ("release/", False, False), ("grant/", False, False),
    ("project/add/", True, True), ("server/add/", True, False), ("freeze/add/", True, False)])
def test_a_list_loads_no_script_of_a_form_and_few_forms_write_short_names(
        page, jquery, slugs, admin, browse):
    """Alphabets of the world are 163 kB; rows inside forms need jQuery."""
    text = browse(admin).get(LIST + page).text
    assert ("vendor/jquery" in text, "vendor/xregexp" in text, "admin/js/urlify" in text) == (
        jquery, slugs, slugs)
    assert "admin/js/actions" not in text
