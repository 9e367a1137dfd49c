"""What is made of the rows of a CSV: lines with the rows to save, and each fault in a sentence."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .csv_text import Problem


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
        """Tell a fault, once however often it stands in the row."""
        if sentence[1:2].islower() or sentence[1:2] == " ":
            sentence = f"{sentence[:1].lower()}{sentence[1:]}"
        told = Problem(_("Row {number}, {column}: {sentence}").format(
            number=self.number, column=column, sentence=sentence), self.number)
        if told not in self.problems:
            self.problems.append(told)

    def check(self, row, columns, *, exclude=(), is_cleaned=True):
        """Have the model's own validators look at a row; `columns` name its fields in the CSV."""
        found = _found(row.clean_fields, exclude=exclude)
        if is_cleaned:
            found = _found(row.clean) | found
        for name, sentence in found.items():
            self.wrong(columns.get(name, name), sentence)


def _found(validator, **over):
    """{field: the first sentence} that a validator of a row raises."""
    try:
        validator(**over)
    except ValidationError as problem:
        return {name: sentences[0].messages[0]
                for name, sentences in problem.update_error_dict({}).items()}
    return {}


def missing(line, values, columns):
    """The columns that a row needs and leaves empty; each is told."""
    found = [each.name for each in columns if each.is_needed and not values[each.name]]
    for name in found:
        line.wrong(name, _("This is empty, and needed."))
    return found


def number_of(line, text, column, default):
    """A port."""
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 65535):
        line.wrong(column, _("Write a number from 1 to 65535."))
        return default
    return int(text)


def parts_of(text):
    """What is written with | in between."""
    return [part.strip() for part in text.split("|") if part.strip()]
