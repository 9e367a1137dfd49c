"""CSV as people paste it: rows by the names of their columns, and each fault in one sentence."""

import csv
import hashlib
import io
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

MOST_BYTES = 1_000_000
MOST_ROWS = 200
LONGEST_CELL = 1000
_FORMULA = ("=", "+", "-", "@")
_LOST = "\ufffd"
_SECRETS = ("password", "git_password", "private_key", "passphrase", "token", "secret")


@dataclass(frozen=True)
class Column:
    """A column: its name in row 1, what goes into it, and an example."""

    name: str
    words: str
    example: str = ""
    is_needed: bool = False


class Problem(str):
    """A fault in one sentence, with the `row` it stands in (0: about the whole text)."""

    def __new__(cls, sentence, row=0):
        problem = super().__new__(cls, sentence)
        problem.row = row
        return problem


@dataclass(frozen=True)
class Sheet:
    """`rows` are (the row's number as a spreadsheet counts, {column: text}); where there are
    `problems`, they are not all."""

    rows: tuple = ()
    problems: tuple = ()


def plain(text):
    """The text with line ends and the mark at its begin as they were typed, whatever sent it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def digest_of(text):
    """What tells one text from another, however a browser sends its line ends."""
    return hashlib.sha256(plain(text).encode(errors="surrogatepass")).hexdigest()


def has_private_key(text):
    """Whether part of a private key stands in it: then it is not even shown again."""
    return "PRIVATE KEY" in text.upper()


def read(text, columns):
    """Return the `Sheet` of a text whose first row names these columns."""
    if whole := _of_the_whole(text):
        return Sheet(problems=(Problem(whole),))
    records, broken = _records(plain(text))
    if not records:
        return Sheet(problems=(
            broken or Problem(_("There is nothing to read: paste the rows first.")),))
    (__, first), *rest = records
    names = [name.strip().lower() for name in first]
    if problems := [Problem(each, 1) for each in _of_names(names, columns)]:
        return Sheet(problems=tuple(problems))
    problems = [broken] if broken else []
    if len(rest) > MOST_ROWS:
        problems.append(Problem(
            _("There are {rest} rows, and at most {most_rows} are read at once: save them in "
              "parts.").format(rest=len(rest), most_rows=MOST_ROWS)))
    elif not rest and not broken:
        problems.append(Problem(_("Below the names of the columns there is no row.")))
    rows = []
    for number, cells in rest[:MOST_ROWS]:
        found = [Problem(each, number) for each in _of_cells(number, names, cells)]
        problems += found
        if not found:
            cells = [*cells, *[""] * (len(names) - len(cells))]
            rows.append((number, {name: cell.strip()
                                  for name, cell in zip(names, cells, strict=True)}))
    return Sheet(tuple(rows), tuple(problems))


def template(columns):
    """A CSV to begin with: the columns, and one row as an example."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [[each.name for each in columns], [each.example for each in columns]])
    return out.getvalue()


def _of_the_whole(text):
    if has_private_key(text):
        return _("A private key never goes into a CSV. Add the key under SSH keys, and write its "
                 "name here. Nothing of what you sent was kept.")
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        return _("This is longer than 1 MB: save it in parts.")
    if "\0" in text:
        return _("This is no UTF-8 text: save it as “CSV UTF-8” in your spreadsheet, and take "
                 "that.")
    return ""


def _records(text):
    """[(row number, cells)] without empty rows, and what is wrong after them (or "")."""
    found = []
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error:
        return found, Problem(_("Row {number}: a quotation mark is not closed, or a value is much "
                                "too long.").format(number=number + 1), number + 1)
    return found, ""


def _delimiter(text):
    """What stands between the names in row 1; a spreadsheet pastes tabs."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _of_names(names, columns):
    known = [each.name for each in columns]
    if not set(names) & set(known):
        yield _("Row 1 must name the columns: {known}.").format(known=", ".join(known))
        return
    for name in dict.fromkeys(names):
        if name in _SECRETS:
            yield (_("Row 1, {name}: nothing secret goes into a CSV. Take the column out, and type "
                     "it into the form later.").format(name=name))
        elif name not in known:
            yield (_("Row 1, {name}: this column is not known. Known are {known}.").format(
                name=name[:40] or _("a column without a name"), known=", ".join(known)))
        if names.count(name) > 1:
            yield _("Row 1, {name}: this column stands there twice.").format(name=name[:40])
    for each in columns:
        if each.is_needed and each.name not in names:
            yield _("Row 1: the column {each} is missing.").format(each=each.name)


def _of_cells(number, names, cells):
    if len(cells) > len(names):
        yield _("Row {number}: it has {cells} values, but there are {names} columns.").format(
            number=number, cells=len(cells), names=len(names))
        return
    for name, cell in zip(names, cells, strict=False):
        cell = cell.strip()
        where = _("Row {number}, {name}:").format(number=number, name=name)
        if len(cell) > LONGEST_CELL:
            yield _("{where} this is longer than {longest_cell} characters.").format(
                where=where, longest_cell=LONGEST_CELL)
        elif _LOST in cell:
            yield (_("{where} a letter was lost. Save the file as “CSV UTF-8” in your spreadsheet, "
                     "and take that.").format(where=where))
        elif any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in cell):
            yield _("{where} it holds a line end or a character that cannot be seen.").format(
                where=where)
        elif cell.startswith(_FORMULA):
            yield _("{where} no value begins with “{cell}”, which spreadsheets would "
                    "calculate.").format(where=where, cell=cell[0])
