"""Every page and state as a picture to look at: `make screenshots`, no part of `make test`."""

import shutil
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "var" / "screenshots"
WIDTHS = (320, 768, 1280)


def test_every_page_is_drawn_in_both_themes(every):
    """`var/screenshots/NAME-WIDTH-THEME.png`; pictures of before are gone."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for width in WIDTHS:
        size = {"width": width, "height": 900}
        for name, tab in every(viewport=size, reduced_motion="reduce"):
            for theme in ("light", "dark"):
                tab.emulate_media(color_scheme=theme)
                path = FOLDER / f"{name.replace(' ', '-')}-{width}-{theme}.png"
                tab.screenshot(path=path, full_page=True)
                assert path.stat().st_size > 0
