"""Reads a CSV, TSV, JSON Lines or Parquet file as a table whose cells are all text; hub_tables.py reads data sets.

Nothing is guessed about a cell: `NA`, `null`, `nan` and `01` stay the texts they are. Each row keeps the number
that a person sees beside it: in a spreadsheet (the header is row 1), in an editor (JSON Lines), or from 1 (Parquet).
"""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from bakeoff.common.errors import CorpusError

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
        name: the file's name without its folders, or the data set's id; messages and reports call it so.
        frame: (n, columns) all of dtype str, nothing missing; the index holds the row numbers a person sees.
        class_names: for columns that hold classes, the class names in the data set's own order.
    """

    name: str
    frame: pd.DataFrame
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def excerpt(value: object, length: int = 60) -> str:
    """The value on one line in double quotes, shortened to at most `length` characters, for a message."""
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return f'"{text if len(text) <= length - 2 else text[: length - 3] + "…"}"'


def file_name(path: Path) -> str:
    """The last part of a path as messages show it: no folders, at most 60 characters."""
    return excerpt(path.name, 62)[1:-1]


def read_file(path: str | Path) -> Table:
    """Read a file, in the format that its suffix names (see SUFFIXES).

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
    """Whether anything lies there; a name that no file can have is a no."""
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
    """The file's text with `\\n` line ends and no byte order mark.

    Raises:
        CorpusError: the bytes are not UTF-8, or hold a NUL, which no text has.
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
    """Windows line ends become `\\n`, so that a corpus is the same whatever it was saved with."""
    return LINE_ENDS.sub("\n", text) if "\r" in text else text


def _read_separated(text: str, name: str, separator: str) -> Table:
    header = text.split("\n", 1)[0]
    if not header.strip():
        raise CorpusError(f"{name} has an empty line 1; the column names belong there, so delete the empty line.")
    if separator not in header:  # Excel in much of Europe writes semicolons into its .csv files
        separator = max(separator + ",;\t", key=header.count)
    options = {
        "sep": separator,
        "header": None,
        "dtype": str,
        "keep_default_na": False,
        "skip_blank_lines": False,
    }
    try:
        # With header=None the first row fixes the number of fields, pandas renames no repeated column and
        # never turns the first one into an index because rows are longer than the header.
        frame = pd.read_csv(io.StringIO(text), **options).fillna("")
    except pd.errors.ParserError as error:
        raise CorpusError(_quoting_error(str(error), text, name, options)) from error
    frame.columns = _column_names(frame.iloc[0].tolist(), name)
    frame.index = range(1, len(frame) + 1)
    return Table(name, frame.iloc[1:])


def _quoting_error(message: str, text: str, name: str, options: dict) -> str:
    """One sentence for what the pandas parser says; pandas counts rows, an editor shows lines."""
    fields = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    quote = re.search(r"EOF inside string starting at row (\d+)", message)
    if not (fields or quote):
        return f"{name} can't be split into columns ({excerpt(message)}); save it again as CSV."
    row = int(fields[2]) if fields else int(quote[1]) + 1
    line = row
    if row > 1:
        above = pd.read_csv(io.StringIO(text), nrows=row - 1, **options).fillna("")
        line += sum(int(above[column].str.count("\n").sum()) for column in above)
    place = f"row {row:,}" if line == row else f"row {row:,} (line {line:,})"
    if fields:
        return (
            f"{name} has {fields[3]} fields in {place}, expected {fields[1]} as in the header; "
            f"put texts that hold a {SPELLED[options['sep']]} or a line break in double quotes."
        )
    return f'{name} opens a double quote in {place} that is never closed; close it (a quote in a text is "").'


def _column_names(names: list[str], name: str) -> list[str]:
    names = [column or f"column {number}" for number, column in enumerate(names, start=1)]
    repeated = sorted({column for column in names if names.count(column) > 1})
    if repeated:
        raise CorpusError(
            f"{name} has more than one column {excerpt(repeated[0])}; give each column a name of its own."
        )
    return names


def _read_json_lines(text: str, name: str) -> Table:
    """One object a line; a whole file that is one array of objects is taken as well."""
    if text.lstrip().startswith("["):
        records = _parse_json(text, f"{name}, line 1,")
        numbered = list(enumerate(records, start=1))
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        numbered = [(number, _parse_json(line, f"{name}, line {number:,},")) for number, line in lines]
    for number, record in numbered:
        if not isinstance(record, dict):
            raise CorpusError(f"{name}, row {number:,}, holds no object but {excerpt(record)}; {JSON_EXPECTED}.")
    cells = [{_cell(key): _cell(value) for key, value in record.items()} for _, record in numbered]
    frame = pd.DataFrame(cells, index=[number for number, _ in numbered], dtype="str").fillna("")
    return Table(name, frame)


def _parse_json(text: str, place: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = getattr(error, "msg", "nested too deeply or a number too long")
        raise CorpusError(f"{place} is broken JSON ({reason}{column}); {JSON_EXPECTED}.") from error


def _cell(value: object) -> str:
    """A JSON value as a text: strings as they are, null as an empty cell, the rest as JSON writes it."""
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
    # `datasets` writes its feature types into the schema: with them an integer label gets its name back.
    try:
        written = json.loads((columns.schema.metadata or {}).get(b"huggingface", b"{}"))
        features = written.get("info", {}).get("features", {})
        class_names = {key: value["names"] for key, value in features.items() if "names" in value}
    except (ValueError, AttributeError, TypeError) as error:
        raise CorpusError(f"{name} has damaged `datasets` metadata in its schema; write it again.") from error
    return from_arrow(columns, name, class_names)


def from_arrow(columns, name: str, class_names: Mapping[str, list[str]]) -> Table:
    """A pyarrow Table with every cell as text; integers in columns of `class_names` become names.

    Raises:
        CorpusError: two columns have the same name.
    """
    _column_names(columns.column_names, name)
    cells = {}
    for key in columns.column_names:
        if key in class_names:
            names = dict(enumerate(class_names[key]))  # -1 and null stand for "no label"
            cells[key] = [names.get(value, "") for value in columns[key].to_pylist()]
        else:
            cells[key] = _arrow_texts(columns[key])
    frame = pd.DataFrame(cells, dtype="str")
    frame.index = range(1, len(frame) + 1)
    return Table(name, frame, {key: tuple(names) for key, names in class_names.items() if key in cells})


def _arrow_texts(column) -> list[str]:
    import pyarrow

    try:
        column = column.cast(pyarrow.large_string())
    except pyarrow.ArrowException:  # lists, structs and bytes have no text form of their own
        return [_cell(value) for value in column.to_pylist()]
    return [_clean(value or "") for value in column.to_pylist()]
