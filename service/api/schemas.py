"""What the API takes and gives, for checking requests and for its OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bakeoff.common.limits import BLANK, MAX_SEED, LimitError, current
from explain.lime_text.explanation import Settings
from explain.lime_text.targets import TARGETS

TEXT = "The striker scored twice as the home side won the cup."
TEXTS = [TEXT, "Shares fell after the central bank raised rates."]
FRAMEWORKS = Literal["both", "pytorch", "tensorflow"]


def _text_schema(schema: dict[str, Any]) -> None:
    visible = BLANK.removeprefix("^[").removesuffix("]*$")
    schema |= {"type": "string", "minLength": 1, "maxLength": current().characters, "pattern": f"[^{visible}]"}


def _texts_schema(schema: dict[str, Any]) -> None:
    schema |= {"minItems": 1, "maxItems": current().texts}


def check_count(texts: Any) -> Any:
    """Texts, if they are not too many; before each of them is looked at. What is no list passes.

    Raises:
        LimitError: they are.
    """
    most = current().texts
    if isinstance(texts, list) and len(texts) > most:
        what = f"{len(texts):,} texts came, at most {most:,} are taken at once"
        raise LimitError(what, "send them in several calls", "texts", most)
    return texts


def _samples() -> int:
    """The usual number, or the nearest that is allowed."""
    return min(max(Settings.samples, current().min_samples), current().max_samples)


def _samples_schema(schema: dict[str, Any]) -> None:
    schema |= {"minimum": current().min_samples, "maximum": current().max_samples, "default": _samples()}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # JSON has one kind of number


Whole = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, Field(description="What is to be classified.", json_schema_extra=_text_schema)]
Framework = Annotated[FRAMEWORKS, Field(description="Which model is asked.")]


class Request(BaseModel):
    """What came: no other fields, no converted types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OnePredictRequest(Request):
    """One text, or several, for one model."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
            "examples": [{"text": TEXT}, {"texts": TEXTS}],
        }
    )
    text: Text = None
    texts: Annotated[
        list[Text],
        BeforeValidator(check_count),
        Field(description="Several of them.", json_schema_extra=_texts_schema),
    ] = None


class PredictRequest(OnePredictRequest):
    """One text, or several."""

    framework: Framework = "both"


class ExplainRequest(Request):
    """Why does a model answer as it does?"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": TEXT, "framework": "both", "samples": 200}]})
    text: Text
    framework: Framework = "both"
    label: Annotated[
        str | None,
        Field(description="The class to explain; each model's own answer if it is left out.", max_length=200),
    ] = None
    samples: Annotated[
        Whole, Field(description="Perturbed texts at most, calls of each model.", json_schema_extra=_samples_schema)
    ] = Field(default_factory=_samples)
    seed: Annotated[Whole, Field(json_schema_extra={"minimum": 0, "maximum": MAX_SEED})] = Settings.seed
    target: Annotated[str, Field(description="What is fitted.", json_schema_extra={"enum": list(TARGETS)})] = (
        Settings.target
    )
    stock: Annotated[bool, Field(description="As stock LIME.")] = Settings.stock


class Prediction(BaseModel):
    """What a model says about a text."""

    label: str
    probability: float
    probabilities: dict[str, float]


class ModelAnswer(BaseModel):
    """What a model says about all texts, in their order."""

    framework: str
    revision: Annotated[str, Field(description="Commit on the Hub, or `local`.")]
    predictions: list[Prediction]
    seconds: Annotated[float, Field(description="The model's call, with what was classified together with it.")]
    waited: Annotated[float, Field(description="Seconds in the queue before it.")]
    together: Annotated[int, Field(description="Texts in that call, of other requests too.")]


class PredictResponse(BaseModel):
    """Each model's answers."""

    models: list[ModelAnswer]
    agree: Annotated[list[bool] | None, Field(description="Whether both say the same, a text each.")]


class ExplainResponse(BaseModel):
    """Each model's words and weights; the table has a row a word."""

    text: str
    characters_read: int
    settings: dict[str, Any]
    calls: int
    ended: str
    models: list[dict[str, Any]]
    table: list[dict[str, Any]]
    agreement: dict[str, Any] | None


class ModelFacts(BaseModel):
    """A model that is served."""

    framework: str
    revision: str
    labels: list[str]
    notice: Annotated[str, Field(description="Where it comes from, if that is worth a note.")]
    recipe: dict[str, Any]


class ModelsResponse(BaseModel):
    """The models that are ready."""

    ready: Annotated[bool, Field(description="Whether both are.")]
    models: list[ModelFacts]


class Status(BaseModel):
    """Whether it is so."""

    status: str


class ErrorContent(BaseModel):
    """What went wrong."""

    code: str
    message: str
    field: Annotated[str | None, Field(description="Where in the request.")]
    limit: Annotated[int | None, Field(description="The limit that was passed.")]
    remedy: str
    request_id: str


class ErrorResponse(BaseModel):
    """An error; never longer than 1 KB, and never with anything of the request in it."""

    error: ErrorContent
    detail: str
