"""A file that cannot be a list of readers is refused with what to do."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.subscribers.conftest import WriteCsv

from digest.errors import InputError
from digest.subscribers.columns import SUBSCRIBER_COLUMNS, find_columns, known_names
from digest.subscribers.csv_files import CsvRows, open_csv
from digest.subscribers.spreadsheets import neutralise, restore

KNOWN = known_names(SUBSCRIBER_COLUMNS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\nemail\n", "row 1 is empty"),
        (b"PK\x03\x04rest", "workbook"),
        ("email\na@example.org\n".encode("utf-16-le"), "UTF-16 without its mark"),
        (codecs.BOM_UTF8 + b"email\n\xe9", "line 2 holds a character that is not UTF-8"),
        (codecs.BOM_UTF16_LE + b"e", "not UTF-16"),
        (b"email\n\x81\n", "line 2 holds a character that is not Windows-1252"),
        (b"email\n" + b"x" * 3_000_000, "longer than"),
        (b"sep=|\nemail|name\n", "“|”"),
        (b'"email\n', "quotation mark"),
        (b'email,name\na@example.org,"Anne', "row 2 (line 2)"),
        (b'sep=,\nemail,name\na@example.org,"Anne', "row 2 (line 3)"),
        (b'email,name\na@example.org,"' + b"x\n" * 200_000, "row 2 (line 2)"),
    ],
)
def test_unreadable_file_is_told_with_place_and_remedy(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "readers.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        list(CsvRows(open_csv(file, KNOWN)))
    assert str(file) in refused.value.message
    assert said in refused.value.message
    assert refused.value.hint


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            open_csv(path, KNOWN)


def test_field_may_span_lines_and_row_numbers_stay_the_spreadsheets(write_csv: WriteCsv) -> None:
    file = write_csv('email,name\na@example.org,"Anne\nExemple"\n\nb@example.org,"say ""hi"""\n')
    rows = list(CsvRows(open_csv(file, KNOWN)))
    assert [(number, fields[1]) for number, fields, _ in rows] == [
        (2, "Anne\nExemple"),
        (4, 'say "hi"'),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(write_csv: WriteCsv, end: str) -> None:
    file = write_csv(end.join(["email;name", "a@example.org;A", "b@example.org;B"]))
    assert len(list(CsvRows(open_csv(file, KNOWN)))) == 2


def test_delimiter_is_the_one_that_finds_columns(write_csv: WriteCsv) -> None:
    file = write_csv("e-mail;nom, prénom et titre, ou rien\na@example.org;A\n")
    assert open_csv(file, KNOWN).delimiter == "semicolon"


def test_file_without_names_of_columns_is_told_what_to_write(write_csv: WriteCsv) -> None:
    file = write_csv("marie@example.org,Marie\npaul@example.org,Paul\n")
    with pytest.raises(InputError) as refused:
        find_columns(file, open_csv(file, KNOWN).header, SUBSCRIBER_COLUMNS)
    assert "marie@" not in refused.value.message
    assert "email" in refused.value.hint


def test_column_named_twice_is_refused(write_csv: WriteCsv) -> None:
    file = write_csv("email,E-Mail\na@example.org,b@example.org\n")
    with pytest.raises(InputError, match="“email” and “E-Mail”"):
        find_columns(file, open_csv(file, KNOWN).header, SUBSCRIBER_COLUMNS)


def test_surest_name_of_a_column_wins() -> None:
    columns = find_columns(Path("x.csv"), ["Adresse", "COURRIEL", "Nom"], SUBSCRIBER_COLUMNS)
    assert columns.names == {"email": "COURRIEL", "name": "Nom"}
    assert columns.ignored == ("Adresse",)


@given(st.text(alphabet="'=+-@\tab", max_size=6) | st.text())
def test_text_survives_the_spreadsheet(text: str) -> None:
    shown = neutralise(text)
    assert restore(shown) == text
    assert not shown or shown[0] not in "=+-@\t\r"
