"""What is made of the rows of a CSV: lines with the rows to save, and each fault in a sentence."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError


@dataclass
class Line:
    """One row of the CSV: the model's `row` to save, with `parts` that are saved after it; or why
    it is left out (`skipped`: it is there already), or what is wrong."""

    number: int
    name: str
    row: object = None
    words: str = ""
    parts: list = field(default_factory=list)
    skipped: str = ""
    problems: list = field(default_factory=list)

    def wrong(self, column, sentence):
        self.problems.append(f"Row {self.number}, {column}: {sentence[:1].lower()}{sentence[1:]}"
                             if sentence[1:2].islower() or sentence[1:2] == " " else
                             f"Row {self.number}, {column}: {sentence}")

    def check(self, row, columns, *, exclude=(), is_cleaned=True):
        """Have the model's own validators look at a row; `columns` name its fields in the CSV."""
        try:
            row.clean_fields(exclude=exclude)
            if is_cleaned and not self.problems:
                row.clean()
        except ValidationError as problem:
            for name, sentences in problem.update_error_dict({}).items():
                self.wrong(columns.get(name, name), sentences[0].messages[0])


def needed(line, values, columns):
    """Whether all that a row needs stands in it."""
    for column in columns:
        if column.is_needed and not values[column.name]:
            line.wrong(column.name, "This is empty, and needed.")
    return not line.problems


def number_of(line, text, column, default):
    """A port."""
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 65535):
        line.wrong(column, "Write a number from 1 to 65535.")
        return default
    return int(text)


def parts_of(text):
    """What is written with | in between."""
    return [part.strip() for part in text.split("|") if part.strip()]
