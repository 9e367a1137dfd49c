"""Pages that set up many rows at once: kinds of sites, CSV, copies of a project, rules to correct.
"""

from contextlib import contextmanager

_SERVERS = "name,address,port,user\nweb-20,web-20.example,22,deploy\nweb-1,web-1.example,,deploy\n"


def _checked(text, shown):
    """The table is pasted and checked."""

    @contextmanager
    def check(tab):
        tab.get_by_label("Your table").fill(text)
        tab.get_by_role("button", name="Check", exact=True).click()
        tab.get_by_text(shown).first.wait_for()
        yield

    return check


def _copied(slug, shown):
    """The copy is named, and seen before it is made."""

    @contextmanager
    def see(tab):
        tab.get_by_label("Name", exact=True).fill("Second shop")
        tab.get_by_label("Short name").fill(slug)
        for field in tab.get_by_label("Address of its site").all():
            field.fill("second.example")
        tab.get_by_role("button", name="See what is made").click()
        tab.get_by_text(shown).first.wait_for()
        yield

    return see


@contextmanager
def _nobody_named(tab):
    """A rule is added, and saved as it stands there."""
    tab.get_by_text("Add another Approval rule").click()
    tab.get_by_role("button", name="Save", exact=True).click()
    tab.get_by_text("Nobody is named").first.wait_for()
    yield


@contextmanager
def _named_in_vain(tab):
    """A rule is added that names Vera, who may only look."""
    tab.get_by_text("Add another Approval rule").click()
    tab.get_by_label("Vera Lind (vera)").first.check()
    tab.get_by_role("button", name="Save", exact=True).click()
    tab.get_by_text("Write the entry for Vera Lind").wait_for()
    yield


def pages_of(scene):
    """(name, person, path), and what is done there first."""
    ines, servers = scene["ines"], "/admin/import/servers/"
    wrong = _SERVERS + "web-21,https://web-21.example,99999,deploy\n=cmd,x,,y\n"
    environment = f"/admin/deployments/environment/{scene['forum_production'].pk}/change/"
    return [
        ("rule that names nobody", ines, environment, _nobody_named),
        ("rule that names somebody in vain", ines, environment, _named_in_vain),
        ("new project of a kind", ines, "/admin/deployments/project/add/?preset=laravel"),
        ("CSV to save", ines, servers, _checked(_SERVERS, "What it would make")),
        ("CSV to correct", ines, servers, _checked(wrong, "Nothing was saved.")),
        ("copy to make", ines, "/admin/copy/webshop/", _copied("second", "What is made:")),
        ("copy to correct", ines, "/admin/copy/webshop/", _copied("Second!", "Nothing was made")),
    ]
