"""Reads and writes SageMaker's formats: the API's JSON, or CSV with one text per row.

A batch transform joins answers to rows by their order. Each row of CSV therefore gets one answer, or the request is
refused. Only the client knows whether the first row is a header. RFC 4180 has `text/csv; header=present` for that.
"""

import csv
import io
import re
from collections.abc import Sequence

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bakeoff.common.limits import BLANK, current
from bakeoff.common.spreadsheet import neutralize
from bakeoff.corpus.columns import LABEL_NAMES, TEXT_NAMES, plain_name
from service.api.schemas import ModelAnswer, PredictRequest, PredictResponse
from service.api.validation import checked_texts, problem_of, texts_of
from service.guard.strict_json import parse
from service.problem import Problem, ProblemError

JSON, CSV = "application/json", "text/csv"
NAMES = {*TEXT_NAMES, *LABEL_NAMES}  # column names: a first row of one such word is probably a header


async def read(request: Request) -> tuple[list[str], str]:
    """Return the texts of a request, and the framework: `pytorch`, `tensorflow` or `both`.

    Raises:
        ProblemError: The body is of another media type, or can't be parsed.
        InputError: A text exceeds a limit.
    """
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    body = await request.body()
    if kind == CSV:
        return checked_texts(_texts(_rows(body), _header(parameters))), "both"
    if kind != JSON:
        remedy = f"send {JSON} or {CSV}"
        raise ProblemError(Problem(415, "The media type of the body is not accepted", remedy, field="Content-Type"))
    try:
        parsed = PredictRequest.model_validate(parse(body, current().depth, current().values))
    except ValidationError as error:
        details = [detail | {"loc": ("body", *detail["loc"])} for detail in error.errors()]
        raise ProblemError(problem_of(details)) from None
    return texts_of(parsed), parsed.framework


def written(response: PredictResponse, accept: str) -> Response:
    """Return the answer as JSON, or as CSV if the client accepts it.

    A row of CSV holds, for one text, the label and probability of each model.
    """
    if CSV not in accept.lower():
        return Response(response.model_dump_json(), media_type=JSON)
    out = io.StringIO()
    csv.writer(out).writerows(_row(response.models, number) for number in range(len(response.models[0].predictions)))
    return Response(out.getvalue(), media_type=f"{CSV}; charset=utf-8")


def _row(models: Sequence[ModelAnswer], number: int) -> list[str]:
    found = [each.predictions[number] for each in models]
    return [cell for each in found for cell in (neutralize(each.label), f"{each.probability:.6f}")]


def _header(parameters: Sequence[str]) -> str | None:
    """Return `present` or `absent` as the media type's parameters say; None if they say nothing about a header."""
    named = (parameter.partition("=") for parameter in parameters)
    values = [value.strip(' "') for name, _, value in named if name == "header"]
    if any(value not in ("present", "absent") for value in values) or len(set(values)) > 1:
        what, remedy = "The header of the CSV is neither present nor absent", f"send {CSV}; header=present or absent"
        raise ProblemError(Problem(415, what, remedy, field="Content-Type"))
    return values[0] if values else None


def _rows(body: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise ProblemError(Problem(400, "The body is not UTF-8", "send CSV in UTF-8", "malformed_csv")) from None
    except csv.Error:
        what, remedy = "The body is not CSV", "put each text in double quotes, and double the quotes inside it"
        raise ProblemError(Problem(400, what, remedy, "malformed_csv")) from None


def _texts(rows: list[list[str]], header: str | None) -> list[str]:
    """Return the text of each row except a header.

    Raises:
        ProblemError: A row has no text or more than one column, or may be a header.
    """
    for number, row in enumerate(rows, start=1):
        if len(row) > 1:
            what, remedy = f"Row {number} of the CSV has more than one column", "put each text in double quotes"
            raise ProblemError(Problem(422, what, remedy, "malformed_csv"))
        if not row or re.fullmatch(BLANK, row[0]):
            what, remedy = f"Row {number} of the CSV is blank", "remove it, as each row would get an answer"
            raise ProblemError(Problem(422, what, remedy, "blank_row"))
    if header == "present":
        return [row[0] for row in rows[1:]]
    if rows and header is None and plain_name(rows[0][0]) in NAMES:
        what, remedy = "Row 1 of the CSV may be a header", f"send {CSV}; header=present to skip it, or header=absent"
        raise ProblemError(Problem(422, what, remedy, "header_row", field="Content-Type"))
    return [row[0] for row in rows]
