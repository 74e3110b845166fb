"""SageMaker's way to ask: JSON as the API takes it, or CSV with a text a row, and answers in either."""

import csv
import io
from collections.abc import Sequence

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from limits import current
from service.problem import Problem, ProblemError
from service.schemas import ModelAnswer, PredictRequest, PredictResponse
from service.strict_json import parse
from service.validation import checked_texts, problem_of, texts_of
from spreadsheet import neutralise

JSON, CSV = "application/json", "text/csv"


async def read(request: Request) -> tuple[list[str], str]:
    """The texts of a request, and the framework: `pytorch`, `tensorflow` or `both`.

    Raises:
        ProblemError: the body is of another type, or can't be read.
        InputError: a text is outside the limits.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == CSV:
        return checked_texts(_rows(body)), "both"
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
    return [cell for each in found for cell in (neutralise(each.label), f"{each.probability:.6f}")]


def _rows(body: bytes) -> list[str]:
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True) if row]
    except UnicodeDecodeError:
        raise ProblemError(Problem(400, "The body is not UTF-8", "send CSV in UTF-8", "malformed_csv")) from None
    except csv.Error:
        what, remedy = "The body is not CSV", "put each text in double quotes, and double those within it"
        raise ProblemError(Problem(400, what, remedy, "malformed_csv")) from None
    if any(len(row) != 1 for row in rows):
        what, remedy = "A row of the CSV has more than one column", "put each text in double quotes"
        raise ProblemError(Problem(422, what, remedy, "malformed_csv"))
    return [row[0] for row in rows]
