"""Tests that every format gives the same cells, and that an error names the place and the remedy in one sentence."""

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from bakeoff.common.errors import CorpusError
from bakeoff.corpus import tables

AWKWARD = (
    'He said "no", twice',
    '"quoted"',
    'a quote " inside',
    "two\nlines",
    "comma, semicolon; tab\tin one",
    "NA",
    "null",
    "None",
    "nan",
    "01",
    "1.0",
    "-",
    "'=SUM(A1)",
    "👩‍👩‍👧 family 🇬🇧",
    "مرحبا بالعالم",
    "שלום עולם",
    "e\u0301 combining",
    "zero\u200bwidth",
    "bell \x07 inside",
    " spaces around ",
    "line\u2028separator\u0085next",
    "[SEP] [CLS]",
    "\\n backslash",
    "x" * 200_000,
)


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows to a file in the format of its suffix."""
    frame = pd.DataFrame(rows, dtype="str")
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix in tables.JSON_LINES:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        frame.to_csv(path, index=False, sep=tables.SEPARATORS[path.suffix])
    return path


@pytest.mark.parametrize("suffix", tables.SUFFIXES)
def test_every_format_keeps_awkward_texts_as_they_are(tmp_path, suffix):
    path = write(tmp_path / f"news{suffix}", [{"text": text, "label": "a"} for text in AWKWARD])
    table = tables.read_file(path)
    assert table.frame["text"].tolist() == list(AWKWARD)
    assert table.name == f"news{suffix}"


@pytest.mark.parametrize("suffix", tables.SEPARATORS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_line_ends_and_byte_order_marks_change_nothing(tmp_path, suffix, line_end, encoding):
    path = tmp_path / f"news{suffix}"
    lines = ["text,label", '"one', 'two",é', "three,b"]
    text = line_end.join(lines).replace(",", tables.SEPARATORS[suffix])
    path.write_bytes(text.encode(encoding))
    frame = tables.read_file(path).frame
    assert frame.to_dict("list") == {"text": ["one\ntwo", "three"], "label": ["é", "b"]}
    assert frame.index.tolist() == [2, 3]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_may_have_the_separator_of_another_country(tmp_path, separator):
    path = tmp_path / "news.csv"
    path.write_text(f"text{separator}label\na, b{separator}c\n")
    assert tables.read_file(path).frame.values.tolist() == [["a, b", "c"]]


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(tmp_path):
    path = tmp_path / "news.csv"
    path.write_text('text,label\n"two\nlines",a\n\n,\nlast,b\n\n')
    frame = tables.read_file(path).frame
    assert dict(zip(frame.index, frame["text"], strict=True)) == {2: "two\nlines", 5: "last"}


def test_json_lines_keep_their_line_numbers_and_their_missing_and_nested_values(tmp_path):
    path = tmp_path / "news.jsonl"
    path.write_text('\ufeff{"text": "a", "n": 1, "flag": true}\n\n{"text": null, "label": ["x"], "s": "\\ud800!"}\r\n')
    frame = tables.read_file(path).frame
    assert frame.index.tolist() == [1, 3]
    assert frame.to_dict("list") == {
        "text": ["a", ""],
        "n": ["1", ""],
        "flag": ["true", ""],
        "label": ["", '["x"]'],
        "s": ["", "\ufffd!"],
    }


def test_a_json_array_of_objects_is_read_as_well(tmp_path):
    path = tmp_path / "news.json"
    path.write_text('[\n {"text": "a", "label": "x"},\n {"text": "b", "label": "y"}\n]\n')
    assert tables.read_file(path).frame.values.tolist() == [["a", "x"], ["b", "y"]]


def test_parquet_cells_become_text_whatever_their_type(tmp_path):
    columns = {
        "text": pyarrow.array(["NA", "é"]).dictionary_encode(),
        "whole": pyarrow.array([1, None]),
        "decimal": pyarrow.array([1.0, 2.5]),
        "truth": pyarrow.array([True, False]),
        "listed": pyarrow.array([["a"], None]),
        "bytes": pyarrow.array([b"\xff", b"a"]),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "news.parquet")
    frame = tables.read_file(tmp_path / "news.parquet").frame
    assert frame.to_dict("list") == {
        "text": ["NA", "é"],
        "whole": ["1", ""],
        "decimal": ["1", "2.5"],
        "truth": ["true", "false"],
        "listed": ['["a"]', ""],
        "bytes": ["\"b'\\\\xff'\"", "\"b'a'\""],
    }
    assert frame.index.tolist() == [1, 2]


def test_integers_get_their_class_names_from_the_features_of_datasets(tmp_path):
    features = {"info": {"features": {"label": {"names": ["zebra", "ant"], "_type": "ClassLabel"}}}}
    table = pyarrow.table({"text": ["a", "b", "c", "d"], "label": [0, 1, -1, 7]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    parquet.write_table(table, tmp_path / "news.parquet")
    read = tables.read_file(tmp_path / "news.parquet")
    assert read.frame["label"].tolist() == ["zebra", "ant", "", ""]
    assert read.class_names == {"label": ("zebra", "ant")}


def repeated_parquet() -> bytes:
    file = io.BytesIO()
    parquet.write_table(pyarrow.table([["a"], ["b"]], names=["text", "text"]), file)
    return file.getvalue()


DAMAGED = {
    "zero bytes": ("news.csv", b"", "news.csv is empty", "expected a table"),
    "white space only": ("news.csv", b"\xef\xbb\xbf\r\n \n", "is empty", "expected a table"),
    "header only": ("news.csv", b"text,label\n", "no rows below", "needs"),
    "blank rows only": ("news.csv", b"text,label\n,\n\n", "no rows below", "needs"),
    "empty first line": ("news.csv", b"\ntext,label\na,b\n", "empty line 1", "delete"),
    "Latin-1": ("news.csv", b"text,label\ncaf\xe9,a\n", "byte 0xe9 at offset 14, line 2", "save it as UTF-8"),
    "Latin-1 after a mark": ("n.csv", b"\xef\xbb\xbftext\n\xe9\n", "0xe9 at offset 8, line 2", "save it as UTF-8"),
    "UTF-16": ("news.csv", "text,label\n".encode("utf-16"), "UTF-16", "save it as UTF-8"),
    "UTF-16 without a mark": ("news.csv", "text,label\n".encode("utf-16-le"), "offset 1, line 1", "save it as UTF-8"),
    "NUL": ("news.tsv", b"text\tlabel\na\tb\nc\0d\te\n", "NUL byte at offset 16, line 3", "save it as UTF-8"),
    "too many fields": ("news.csv", b"text,label\na,b\nc,d,e\n", "3 fields in row 3, expected 2", "in double quotes"),
    "extra fields everywhere": ("news.csv", b"text,label\na,b,c\nd,e,f\n", "3 fields in row 2", "that hold a comma"),
    "after quoted line": ("n.csv", b'text,label\n"a\nb",c\nd,e,f\n', "in row 3 (line 4)", "in double quotes"),
    "too many tabs": ("news.tsv", b"text\tlabel\na\tb\tc\n", "3 fields in row 2", "that hold a tab"),
    "open quote": ("news.csv", b'text,label\na,b\n"c,d\ne,f\n', "in row 3 that is never closed", "close it"),
    "open quote below": ("n.csv", b'text,label\n"a\n\nb",c\n"d,e\n', "row 3 (line 5)", "close it"),
    "repeated column": ("news.csv", b"text,text,label\na,b,c\n", 'more than one column "text"', "a different name"),
    "repeated in Parquet": ("n.parquet", repeated_parquet(), 'more than one column "text"', "a different name"),
    "broken JSON": (
        "n.jsonl",
        b'{"text": "a"}\n{"text": \n',
        "n.jsonl, line 2, is broken JSON",
        "one JSON object a line",
    ),
    "deep JSON": ("n.jsonl", b"{" * 2 + b'"a":' + b"[" * 100_000, "line 1, is broken", "one JSON object a line"),
    "long number": ("n.jsonl", b'{"text": 1' + b"0" * 5000 + b"}\n", "line 1, is broken", "one JSON object a line"),
    "no object": ("n.jsonl", b'{"text": "a"}\n\n"b"\n', "row 3, holds no object", "one JSON object a line"),
    "array of texts": ("n.json", b'["a", "b"]', "row 1, holds no object", "one JSON object a line"),
    "empty objects": ("n.jsonl", b"{}\n{}\n", "no rows below", "needs"),
    "damaged Parquet": ("n.parquet", b"PAR1 and then nothing", "damaged", "write or download it again"),
    "CSV called Parquet": ("n.parquet", b"text,label\na,b\n", "no Parquet file", "download it again"),
    "spreadsheet": ("news.xlsx", b"PK", "no suffix that names a known format", "save it as one of .csv"),
    "no suffix": ("news", b"text,label\na,b\n", "no suffix", "save it as one of .csv"),
    "NUL in a spreadsheet called CSV": ("news.csv", b"PK\x03\x04\0\0", "NUL byte at offset 4, line 1", "save it"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_gives_one_sentence_with_place_and_remedy(tmp_path, case):
    name, data, place, remedy = DAMAGED[case]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorpusError) as caught:
        tables.read_file(path)
    assert_sentence(str(caught.value), name, place, remedy, folder=tmp_path)


def assert_sentence(message: str, *parts: str, folder: Path) -> None:
    """Check that a message is one short sentence with these parts and without this machine's folder."""
    for part in parts:
        assert part in message
    assert "\n" not in message
    assert message.endswith(".")
    assert ". " not in message
    assert str(folder) not in message
    assert len(message) < 400


def test_missing_files_folders_and_unreadable_files_are_named(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    cases = {
        "nothing.csv": ("does not exist", "check the path"),
        "folder.csv": ("is a folder", "name a file"),
        "loop.csv": ("loop.csv", "check"),
        f"{'x' * 300}.csv": ("xxx…", "check"),
    }
    for name, parts in cases.items():
        with pytest.raises(CorpusError) as caught:
            tables.read_file(tmp_path / name)
        assert_sentence(str(caught.value), *parts, folder=tmp_path)


def test_long_names_and_cells_are_shortened_in_messages():
    assert tables.excerpt("a\nb\x07") == '"a b "'
    assert tables.excerpt("y" * 500) == '"' + "y" * 57 + '…"'
    assert len(tables.excerpt("y" * 500)) == 60
    assert tables.excerpt("y" * 58) == '"' + "y" * 58 + '"'
