"""Files of rows: CSV and JSON Lines, and everything that can be wrong with one."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from portal.outside.sheets.reading import LONGEST_LINE, TableFile, Unreadable

COLUMNS, REQUIRED = ("id", "name", "note"), ("id", "name")


def read(
    path: Path, content: str | bytes
) -> tuple[list[tuple[int, tuple[str | None, ...]]], list[tuple[int, str, str]]]:
    """The rows and the problems of a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = TableFile(path, COLUMNS, REQUIRED)
    problems: list[tuple[int, str, str]] = []
    rows = [
        (line, tuple(values))
        for line, values in table.rows(lambda at, column, text: problems.append((at, column, str(text))))
    ]
    again = [(line, tuple(values)) for line, values in table.rows(lambda *problem: None)]
    table.close()
    assert rows == again
    return rows, problems


def test_csv_in_any_order_of_columns(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "a.csv", 'name,id\r\n"Ann, ""the"" first", 1 \r\n\r\nŁukasz 株式会社 👪,2\r\n')
    assert rows == [(2, ("1", 'Ann, "the" first', None)), (4, ("2", "Łukasz 株式会社 👪", None))]
    assert problems == []


def test_lines_are_counted_where_a_row_begins(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "a.csv", 'id,name,note\n1,"two\nlines",x\n2,b,\n')
    assert [(line, values[1]) for line, values in rows] == [(2, "two\nlines"), (4, "b")]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "a.csv", "\ufeffid,name\n1,a\n")
    assert rows == [(2, ("1", "a", None))]
    assert problems == []
    rows, problems = read(tmp_path / "a.jsonl", '\ufeff{"id": "1", "name": "a"}\n')
    assert rows == [(1, ("1", "a", None))]
    assert problems == []


def test_json_lines_keep_numbers_as_written_and_may_differ_in_their_names(tmp_path: Path) -> None:
    text = '{"id": 1, "name": 12.50}\n\n{"name": " b ", "id": "2", "note": null}\n{"id": "3", "name": 1e5}\n'
    rows, problems = read(tmp_path / "a.jsonl", text)
    assert rows == [(1, ("1", "12.50", None)), (3, ("2", "b", "")), (4, ("3", "1e5", None))]
    assert problems == []


@pytest.mark.parametrize(("name", "content"), [("a.txt", '  {"id": "1", "name": "a"}'), ("a", "id,name\n1,a\n")])
def test_the_form_is_told_by_the_content(tmp_path: Path, name: str, content: str) -> None:
    rows, problems = read(tmp_path / name, content)
    assert [values for _, values in rows] == [("1", "a", None)]
    assert problems == []


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("", 1, "", "empty"),
        ("id,name,age\n1,a,7\n", 1, "age", "not a column we know"),
        ("id,note\n1,a\n", 1, "name", "required and missing"),
        ("id,name,id\n1,a,1\n", 1, "id", "twice"),
        ("id,name,,note\n1,a,,\n2,b,lost,\n", 3, "", "Column 3 has no name in the header, and “lost” stands in it"),
        ("id,name,\n1,a,lost\n", 2, "", "3 columns, the header 2"),
        ("id,name\n1\n", 2, "", "one column, the header 2"),
        ("id,name\n1,a,b\n", 2, "", "3 columns, the header 2"),
        ('id,name\n1,"a\n2,b\n', 2, "", "never closed"),
        ('id,name\n1,"a"b\n', 2, "", "quotation mark"),
        (b"id,name\n1,\xff\n", 2, "", "not UTF-8: byte 3 of it is not valid. In a spreadsheet, choose “Save as”"),
        ("id,name\n1,Zoë\n2,Łukasz\n".encode() + b"3,\xff\n", 4, "", "not UTF-8: byte 3"),
        (b"id,name\n1,a\0b\n", 2, "", "NUL"),
        ("id,name\n1,a\rb\n", 2, "", "carriage return"),
        ('id,name\n1,"' + "x\n" * 60_000, 2, "", "longer than 100000"),
        ("id,name\n1," + "x" * 120_000, 2, "", "longer than 100000"),
        ("id,name\n" + "x" * (LONGEST_LINE + 5), 2, "", "longer than 1000000 bytes"),
    ],
)
def test_what_is_wrong_with_csv_is_named_by_line(
    tmp_path: Path, content: str | bytes, line: int, column: str, words: str
) -> None:
    _, problems = read(tmp_path / "a.csv", content)
    assert [problem[:2] for problem in problems] == [(line, column)]
    assert words in problems[0][2]


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("\n\n", 1, "", "empty"),
        ('[{"id": "1"}]', 1, "", "one object a line"),
        ('{"id": "1", "name": "a"', 1, "", "not a JSON object"),
        ("3", 1, "", "not a JSON object"),
        ('{"id": "1", "name": "a", "age": 7}', 1, "age", "not a column we know"),
        ('{"id": "1"}', 1, "name", "required and missing"),
        ('{"id": "1", "name": "a", "id": "2"}', 1, "", "one name twice"),
        ('{"id": "1", "name": true}', 1, "name", "must be a text"),
        ('{"id": "1", "name": ["a"]}', 1, "name", "must be a text"),
        ('{"id": "1", "name": {"a": "b"}}', 1, "name", "must be a text"),
        ('{"id": "1", "name": "a\\u0000"}', 1, "name", "cannot be kept"),
        ('{"id": "1", "name": "a\\ud800"}', 1, "name", "cannot be kept"),
        ("[" * 100_000, 1, "", "JSON"),
        ('{"id": ' + "[" * 100_000, 1, "", "not a JSON object"),
        (b'{"id": "1", "name": "\xff"}', 1, "", "not UTF-8"),
    ],
)
def test_what_is_wrong_with_json_lines_is_named_by_line(
    tmp_path: Path, content: str | bytes, line: int, column: str, words: str
) -> None:
    _, problems = read(tmp_path / "a.jsonl", content)
    assert [problem[:2] for problem in problems] == [(line, column)]
    assert words in problems[0][2]


def test_rows_after_a_wrong_one_are_read(tmp_path: Path) -> None:
    rows, problems = read(tmp_path / "a.csv", b"id,name\n1,\xff\n2\n3,c\n")
    assert [line for line, _ in rows] == [2, 4]
    assert [line for line, *_ in problems] == [2, 3]


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="There is no file"):
        TableFile(tmp_path / "none.csv", COLUMNS, REQUIRED)
    with pytest.raises(Unreadable, match="is a folder"):
        TableFile(tmp_path, COLUMNS, REQUIRED)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _mode: str) -> None:
        raise PermissionError

    path = tmp_path / "a.csv"
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Unreadable, match="permission denied"):
        TableFile(path, COLUMNS, REQUIRED)


def test_a_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps({"id": "1", "name": "a"})))
    writer.start()
    table = TableFile(pipe, COLUMNS, REQUIRED)
    writer.join(10)
    for _ in range(2):
        assert [tuple(values) for _, values in table.rows(lambda *problem: None)] == [("1", "a", None)]
    table.close()
