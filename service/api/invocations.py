"""SageMaker's way to ask: JSON as the API takes it, or CSV with a text a row, and answers in either.

A batch transform joins answers to rows by their order, so each row of CSV gets one answer or the request is refused.
Only the client knows whether the first row is a header: it says so as RFC 4180 has it, `text/csv; header=present`.
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
NAMES = {*TEXT_NAMES, *LABEL_NAMES}  # of columns: a text of such a word alone is rather a header


async def read(request: Request) -> tuple[list[str], str]:
    """The texts of a request, and the framework: `pytorch`, `tensorflow` or `both`.

    Raises:
        ProblemError: the body is of another type, or can't be read.
        InputError: a text is outside the limits.
    """
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    body = await request.body()
    if kind == CSV:
        return checked_texts(_texts(_rows(body), _header(parameters))), "both"
    if kind != JSON:
        remedy = f"send {JSON} or {CSV}"
        raise ProblemError(Problem(415, "The body's type is not one that is taken here", remedy, field="Content-Type"))
    try:
        asked = PredictRequest.model_validate(parse(body, current().depth, current().values))
    except ValidationError as error:
        raise ProblemError(problem_of([each | {"loc": ("body", *each["loc"])} for each in error.errors()])) from None
    return texts_of(asked), asked.framework


def written(response: PredictResponse, accept: str) -> Response:
    """The answer: CSV where the client asks for it, with a row a text and label and probability of each model."""
    if CSV not in accept.lower():
        return Response(response.model_dump_json(), media_type=JSON)
    out = io.StringIO()
    csv.writer(out).writerows(_row(response.models, number) for number in range(len(response.models[0].predictions)))
    return Response(out.getvalue(), media_type=f"{CSV}; charset=utf-8")


def _row(models: Sequence[ModelAnswer], number: int) -> list[str]:
    found = [each.predictions[number] for each in models]
    return [cell for each in found for cell in (neutralize(each.label), f"{each.probability:.6f}")]


def _header(parameters: Sequence[str]) -> str | None:
    """Whether the media type's parameters say `present` or `absent`; None where they don't."""
    said = [value.strip(' "') for name, _, value in (each.partition("=") for each in parameters) if name == "header"]
    if any(each not in ("present", "absent") for each in said) or len(set(said)) > 1:
        what, remedy = "The header of the CSV is neither present nor absent", f"send {CSV}; header=present or absent"
        raise ProblemError(Problem(415, what, remedy, field="Content-Type"))
    return said[0] if said else None


def _rows(body: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise ProblemError(Problem(400, "The body is not UTF-8", "send CSV in UTF-8", "malformed_csv")) from None
    except csv.Error:
        what, remedy = "The body is not CSV", "put each text in double quotes, and double those within it"
        raise ProblemError(Problem(400, what, remedy, "malformed_csv")) from None


def _texts(rows: list[list[str]], header: str | None) -> list[str]:
    """The text of each row but a header's.

    Raises:
        ProblemError: a row has no text or more than one column, or may be a header.
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
