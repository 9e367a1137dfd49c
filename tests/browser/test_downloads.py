"""A file can be taken out as often as one wants: its page stays as it is."""


def test_a_list_is_downloaded_twice_in_a_row(scene, visit):
    """Other forms are sent once; whoever saved the file in the wrong folder asks again."""
    for person, path, button in (
            (scene["anna"], "/admin/history/?project=webshop", "Download as CSV"),
            (scene["ines"], "/admin/deployments/auditentry/", "Export JSON lines")):
        tab = visit(person, path)
        for _ in range(2):
            with tab.expect_download() as download:
                tab.get_by_role("button", name=button).click()
            assert download.value.path().stat().st_size > 100
        assert tab.complaints == []
