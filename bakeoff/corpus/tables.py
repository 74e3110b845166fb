"""Read a CSV, TSV, JSON Lines or Parquet file as a table of text cells; hub_tables.py reads Hub data sets.

Cells are not interpreted: `NA`, `null`, `nan` and `01` stay as they are. Each row keeps the number that a reader sees
beside it: in a spreadsheet (the header is row 1), in an editor (JSON Lines), or counted from 1 (Parquet).
"""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bakeoff.common.errors import CorpusError

if TYPE_CHECKING:
    import pyarrow

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
SPELLED = {",": "comma", ";": "semicolon", "\t": "tab"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
JSON_EXPECTED = 'expected one JSON object a line, such as {"text": "…", "label": "…"}'
SUFFIXES = (*SEPARATORS, *JSON_LINES, ".parquet")
LINE_ENDS = re.compile(r"\r\n?")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Table:
    """Rows of text cells.

    Attributes:
        name: the file's name without its folders, or the data set's id, which messages and reports use.
        frame: (n, columns) of dtype str without missing values; the index holds the row numbers that a reader sees.
        class_names: the class names of columns that hold classes, in the data set's own order.
    """

    name: str
    frame: pd.DataFrame
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def excerpt(value: object, length: int = 60) -> str:
    """Return a value for a message: on one line, in double quotes, and shortened to at most `length` characters."""
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return f'"{text if len(text) <= length - 2 else text[: length - 3] + "…"}"'


def file_name(path: Path) -> str:
    """Return the last part of a path for a message: without folders, at most 60 characters."""
    return excerpt(path.name, 62)[1:-1]


def read_file(path: str | Path) -> Table:
    """Read a file in the format that its suffix names (see SUFFIXES).

    Raises:
        CorpusError: the file is missing, empty, damaged, in another encoding or in a format not listed here.
    """
    path = Path(path)
    name, suffix = file_name(path), path.suffix.lower()
    _check_is_file(path, name)
    if suffix not in SUFFIXES:
        raise CorpusError(f"{name} has no suffix that names a known format; save it as one of {', '.join(SUFFIXES)}.")
    data = _bytes(path)
    if suffix == ".parquet":
        table = _read_parquet(data, name)
    elif suffix in JSON_LINES:
        table = _read_json_lines(_decode(data, name), name)
    else:
        table = _read_separated(_decode(data, name), name, SEPARATORS[suffix])
    filled = (table.frame != "").any(axis=1)
    if not filled.any():
        raise CorpusError(f"{name} has columns but no rows below them; a corpus needs at least two classes of rows.")
    return Table(name, table.frame[filled], table.class_names)


def exists(path: Path) -> bool:
    """Return whether the path exists. Impossible file names count as missing."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _check_is_file(path: Path, name: str) -> None:
    if not exists(path):
        raise CorpusError(f"{name} does not exist; check the path, relative to where the command runs.")
    if not path.is_file():
        raise CorpusError(f"{name or 'The path'} is a folder or a device; name a file.")


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file_name(path)} can't be read ({error.strerror}); check its permissions.") from error
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise CorpusError(f"{file_name(path)} is empty; expected a table with a text and a label column.")
    return data


def _decode(data: bytes, name: str) -> str:
    r"""Return the file's text with `\n` line ends and without a byte order mark.

    Raises:
        CorpusError: the bytes are not UTF-8, or hold a NUL, which no text contains.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{name} is UTF-16 text (its byte order mark at offset 0 says so); save it as UTF-8.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        place = f"at offset {at:,}, line {_line(data, at):,}"
        raise CorpusError(f"{name} is not UTF-8 text: byte 0x{data[at]:02x} {place}; save it as UTF-8.") from error
    at = data.find(b"\0")
    if at >= 0:
        raise CorpusError(
            f"{name} holds a NUL byte at offset {at:,}, line {_line(data, at):,}, "
            "so it is UTF-16 or no text at all; save it as UTF-8."
        )
    return _clean(text.removeprefix("\ufeff"))


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _clean(text: str) -> str:
    r"""Replace Windows line ends by `\n`, so that a corpus is the same whichever program saved it."""
    return LINE_ENDS.sub("\n", text) if "\r" in text else text


def _read_separated(text: str, name: str, separator: str) -> Table:
    header = text.split("\n", 1)[0]
    if not header.strip():
        raise CorpusError(f"{name} has an empty line 1; the column names belong there, so delete the empty line.")
    if separator not in header:  # Excel writes semicolons into .csv files in much of Europe
        separator = max(separator + ",;\t", key=header.count)
    options: dict[str, Any] = {
        "sep": separator,
        "header": None,
        "dtype": str,
        "keep_default_na": False,
        "skip_blank_lines": False,
    }
    try:
        # With header=None the first row fixes the number of fields. pandas then renames no repeated column, and it
        # does not turn the first column into an index if rows are longer than the header.
        frame = pd.read_csv(io.StringIO(text), **options).fillna("")
    except pd.errors.ParserError as error:
        raise CorpusError(_quoting_error(str(error), text, name, options)) from error
    frame.columns = _column_names(frame.iloc[0].tolist(), name)
    frame.index = range(1, len(frame) + 1)
    return Table(name, frame.iloc[1:])


def _quoting_error(message: str, text: str, name: str, options: dict[str, Any]) -> str:
    """Turn the message of the pandas parser into one sentence that names the row and the line."""
    if fields := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        return (
            f"{name} has {fields[3]} fields in {_place(int(fields[2]), text, options)}, expected {fields[1]} as in the "
            f"header; put texts that hold a {SPELLED[options['sep']]} or a line break in double quotes."
        )
    if quote := re.search(r"EOF inside string starting at row (\d+)", message):
        place = _place(int(quote[1]) + 1, text, options)
        return f'{name} opens a double quote in {place} that is never closed; close it (a quote in a text is "").'
    return f"{name} can't be split into columns ({excerpt(message)}); save it again as CSV."


def _place(row: int, text: str, options: dict[str, Any]) -> str:
    """Return the row, and the line if it differs: pandas counts rows, and an editor shows lines."""
    line = row
    if row > 1:
        above = pd.read_csv(io.StringIO(text), nrows=row - 1, **options).fillna("")
        line += sum(int(above[column].str.count("\n").sum()) for column in above)
    return f"row {row:,}" if line == row else f"row {row:,} (line {line:,})"


def _column_names(names: list[str], name: str) -> list[str]:
    names = [column or f"column {number}" for number, column in enumerate(names, start=1)]
    repeated = sorted({column for column in names if names.count(column) > 1})
    if repeated:
        raise CorpusError(f"{name} has more than one column {excerpt(repeated[0])}; give each column a different name.")
    return names


def _read_json_lines(text: str, name: str) -> Table:
    """Read one object per line, or a file that is one array of objects."""
    records: dict[int, Any]
    if text.lstrip().startswith("["):
        records = dict(enumerate(_parse_json(text, f"{name}, line 1,"), start=1))
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        records = {number: _parse_json(line, f"{name}, line {number:,},") for number, line in lines}
    for number, record in records.items():
        if not isinstance(record, dict):
            raise CorpusError(f"{name}, row {number:,}, holds no object but {excerpt(record)}; {JSON_EXPECTED}.")
    cells = [{_cell(key): _cell(value) for key, value in record.items()} for record in records.values()]
    return Table(name, pd.DataFrame(cells, index=list(records), dtype="str").fillna(""))


def _parse_json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = getattr(error, "msg", "nested too deeply or a number too long")
        raise CorpusError(f"{place} is broken JSON ({reason}{column}); {JSON_EXPECTED}.") from error


def _cell(value: object) -> str:
    """Return a JSON value as text: a string unchanged, null as an empty cell, and anything else as JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _clean(LONE_SURROGATES.sub("\ufffd", text))


def _read_parquet(data: bytes, name: str) -> Table:
    import pyarrow
    from pyarrow import parquet

    try:
        columns = parquet.ParquetFile(io.BytesIO(data)).read()
    except (pyarrow.ArrowException, OSError) as error:
        raise CorpusError(f"{name} is damaged or no Parquet file; write or download it again.") from error
    if not columns.num_rows or not columns.num_columns:
        raise CorpusError(f"{name} is empty; expected a table with a text and a label column.")
    # `datasets` writes its feature types into the schema; they restore the names of integer labels.
    try:
        written = json.loads((columns.schema.metadata or {}).get(b"huggingface", b"{}"))
        features = written.get("info", {}).get("features", {})
        class_names = {key: value["names"] for key, value in features.items() if "names" in value}
    except (ValueError, AttributeError, TypeError) as error:
        raise CorpusError(f"{name} has damaged `datasets` metadata in its schema; write it again.") from error
    return from_arrow(columns, name, class_names)


def from_arrow(columns: "pyarrow.Table", name: str, class_names: Mapping[str, list[str]]) -> Table:
    """Return a pyarrow Table with every cell as text; integers in columns of `class_names` become names.

    Raises:
        CorpusError: two columns have the same name.
    """
    _column_names(columns.column_names, name)
    cells = {}
    for key in columns.column_names:
        if key in class_names:
            names = dict(enumerate(class_names[key]))  # -1 and null mean "no label"
            cells[key] = [names.get(value, "") for value in columns[key].to_pylist()]
        else:
            cells[key] = _arrow_texts(columns[key])
    frame = pd.DataFrame(cells, dtype="str")
    frame.index = range(1, len(frame) + 1)
    return Table(name, frame, {key: tuple(names) for key, names in class_names.items() if key in cells})


def _arrow_texts(column: "pyarrow.ChunkedArray") -> list[str]:
    import pyarrow

    try:
        column = column.cast(pyarrow.large_string())
    except pyarrow.ArrowException:  # lists, structs and bytes have no text form in Arrow
        return [_cell(value) for value in column.to_pylist()]
    return [_clean(value or "") for value in column.to_pylist()]
