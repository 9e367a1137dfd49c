"""The demo site's glaze library: 120 PHP class files, the same bytes every time.

A hundred files are what makes a release real for PHP's caches: each is compiled, cached and
checked on its own, so a worker that mixes two releases shows it.
"""

import colorsys
import random
from pathlib import Path

COUNT = 120
COLUMNS = 24

EMBER = (0.005, 0.125)  # hues from red clay to ochre
TIDE = (0.445, 0.585)  # hues from celadon to deep water

FIRST = ("Ash", "Kelp", "Rust", "Dune", "Salt", "Moss")
FIRST += ("Smoke", "Shell", "Flint", "Straw", "Plum", "Fog")
SECOND = ("white", "celadon", "tenmoku", "shino", "amber")
SECOND += ("slip", "matt", "crackle", "satin", "lustre")
MATERIALS = ["potash feldspar", "whiting", "quartz", "china clay", "talc", "wood ash"]

TEMPLATE = """<?php
declare(strict_types=1);

namespace Tidewater\\Glazes;

use Tidewater\\Glaze;

/** Recipe {number} of the library: {name}. */
final class Glaze{number:03} extends Glaze
{{
    public static function release(): string
    {{
        return basename(dirname(__DIR__, 2));
    }}

    public function name(): string
    {{
        return '{name}';
    }}

    public function colour(): string
    {{
        return '{colour}';
    }}

    public function recipe(): array
    {{
        return [
{recipe}
        ];
    }}

    public function firing(): string
    {{
        return '{firing}';
    }}
}}
"""


def write_glazes(folder: Path, *, hues: tuple[float, float]) -> None:
    """Write Glaze001.php to Glaze120.php into `folder`; `hues` is the range of their colours."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    for number in range(1, COUNT + 1):
        shares = [chance.randint(2, 40) for _ in MATERIALS]
        recipe = [
            f"            '{material}' => {100 * share / sum(shares):.1f},"
            for material, share in zip(MATERIALS, shares, strict=True)
        ]
        text = TEMPLATE.format(
            number=number,
            name=f"{FIRST[(number - 1) % len(FIRST)]} {SECOND[(number - 1) // len(FIRST)]}",
            colour=_colour(number - 1, hues=hues, chance=chance),
            recipe="\n".join(recipe),
            firing=f"{chance.randrange(1240, 1300, 5)} °C, {chance.randint(14, 22)} hours",
        )
        (folder / f"Glaze{number:03}.php").write_text(text)


def _colour(index: int, *, hues: tuple[float, float], chance: random.Random) -> str:
    """Light at the left, deep at the right; each row a little further along the hues."""
    along, row = (index % COLUMNS) / (COLUMNS - 1), index // COLUMNS / (COUNT / COLUMNS - 1)
    hue = hues[0] + (hues[1] - hues[0]) * (0.25 + 0.75 * row - 0.25 * along)
    light = 0.86 - 0.62 * along + chance.uniform(-0.04, 0.04)
    rich = 0.34 + 0.24 * along + chance.uniform(-0.06, 0.06)
    parts = colorsys.hls_to_rgb(hue % 1, light, rich)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
