"""Lengths of time in words, as short as they can be without telling less than what matters."""

UNITS = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"), (1, "s", "s"))


def length(seconds):
    """“2 days 3 h”, “1 min 30 s”: the two largest units, the smaller one only where it is not 0."""
    rest = round(seconds)
    for number, (size, one, many) in enumerate(UNITS):
        if rest >= size or size == 1:
            whole, rest = divmod(rest, size)
            words = f"{whole} {one if whole == 1 else many}"
            if number + 1 < len(UNITS) and (part := rest // UNITS[number + 1][0]):
                words += f" {part} {UNITS[number + 1][2]}"
            return words
    raise AssertionError("Seconds are the smallest unit.")
