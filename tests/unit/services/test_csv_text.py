"""CSV as people paste it: every bad input has one sentence, tied to its row and column."""

import pytest

from deployments.services.csv_text import Column, digest_of, plain, read, template

COLUMNS = (Column("name", "Name", "web-1", True), Column("port", "Port", "22"),
           Column("user", "User", "deploy"))
HEAD = "name,port,user\n"


@pytest.mark.parametrize("text", [
    "name,port,user\nweb-1,22,deploy", "\ufeffname;port;user\r\nweb-1;22;deploy\r\n",
    "name\tport\tuser\nweb-1\t22\tdeploy\n\n", "User,NAME , port\rdeploy,web-1, 22 \r",
    '"name","port","user"\n"web-1","22","deploy"',
])
def test_commas_semicolons_tabs_marks_and_line_ends_are_read_alike(text):
    """With or without a byte order mark, whichever order the columns have."""
    sheet = read(text, COLUMNS)
    assert sheet.problems == ()
    assert sheet.rows == ((2, {"name": "web-1", "port": "22", "user": "deploy"}),)


def test_rows_are_counted_as_a_spreadsheet_does():
    """Empty ones count and are left out; a short row has empty values."""
    sheet = read(HEAD + "\nweb-1\n,,\nweb-2,23", COLUMNS)
    assert [(number, row["name"], row["port"]) for number, row in sheet.rows] == [
        (3, "web-1", ""), (5, "web-2", "23")]


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "There is nothing to read: paste the rows first."),
    (" \n , \n", "There is nothing to read: paste the rows first."),
    (HEAD, "Below the names of the columns there is no row."),
    ("web-1,22,deploy\n", "Row 1 must name the columns: name, port, user."),
    ("port,user\n22,a", "Row 1: the column name is missing."),
    ("name,colour\nx,red", "Row 1, colour: this column is not known. Known are name, port, user."),
    ("name,\nx,y", "Row 1, a column without a name: this column is not known. Known are name, "
     "port, user."),
    ("name,port,port\nx,1,2", "Row 1, port: this column stands there twice."),
    ("name,password\nx,y", "Row 1, password: nothing secret goes into a CSV. Take the column out, "
     "and type it into the form later."),
    (HEAD + "a,1,b,c", "Row 2: it has 4 values, but there are 3 columns."),
    (HEAD + "=cmd(),22,x", "Row 2, name: no value begins with “=”, which spreadsheets would "
     "calculate."),
    (HEAD + "a,22,@x", "Row 2, user: no value begins with “@”, which spreadsheets would "
     "calculate."),
    (HEAD + "a,22," + "x" * 1001, "Row 2, user: this is longer than 1000 characters."),
    (HEAD + "a,22,J\ufffdrg", "Row 2, user: a letter was lost. Save the file as “CSV UTF-8” in "
     "your spreadsheet, and take that."),
    (HEAD + "a\0,22,x", "This is no UTF-8 text: save it as “CSV UTF-8” in your spreadsheet, and "
     "take that."),
    (HEAD + 'a,22,"x\ny"', "Row 2, user: it holds a line end or a character that cannot be seen."),
    (HEAD + "a\u202e,22,x", "Row 2, name: it holds a line end or a character that cannot be seen."),
    (HEAD + 'a,22,"x', "Row 2: a quotation mark is not closed, or a value is much too long."),
    (HEAD + "a," + "9" * 140_000, "Row 2: a quotation mark is not closed, or a value is much too "
     "long."),
    (HEAD + "ä" * 500_001, "This is longer than 1 MB: save it in parts."),
    (HEAD + "a,22,b\n" * 201, "There are 201 rows, and at most 200 are read at once: save them in "
     "parts."),
    (HEAD + "-----BEGIN OPENSSH PRIVATE KEY-----", "A private key never goes into a CSV. Add the "
     "key under SSH keys, and write its name here. Nothing of what you sent was kept."),
])
def test_each_bad_input_has_its_sentence(text, sentence):
    """One sentence that says where it is and what to do."""
    assert read(text, COLUMNS).problems == (sentence,)


def test_rows_beside_a_bad_one_are_read_all_the_same():
    """So that all faults are shown at once."""
    sheet = read(HEAD + "a,22,x\n=b,22,x\nc,22,+\nd,22,x", COLUMNS)
    assert [number for number, _ in sheet.rows] == [2, 5]
    assert [problem[:5] for problem in sheet.problems] == ["Row 3", "Row 4"]


def test_the_template_is_read_as_it_is_given():
    """Its one row is the example."""
    assert read(template(COLUMNS), COLUMNS).rows == (
        (2, {"name": "web-1", "port": "22", "user": "deploy"}),)


def test_a_text_is_the_same_however_a_browser_sends_its_line_ends():
    """And another one where a letter differs."""
    assert digest_of("\ufeffa\nb") == digest_of("a\r\nb\r\n") != digest_of("a\nc")
    assert plain("\ufeffa\r\nb\r\n") == "a\nb"
