"""Defines the requests and responses of the API, for checking requests and for the OpenAPI document."""

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
    """Return the texts unchanged if they are not too many. This runs before each text is checked.

    A value that is not a list passes: Pydantic refuses it.

    Raises:
        LimitError: There are too many texts.
    """
    limit = current().texts
    if isinstance(texts, list) and len(texts) > limit:
        what = f"The request has {len(texts):,} texts, at most {limit:,} are accepted at once"
        raise LimitError(what, "send them in several calls", "texts", limit)
    return texts


def _samples() -> int:
    """Return the default number of samples, or the nearest that the limits allow."""
    return min(max(Settings.samples, current().min_samples), current().max_samples)


def _samples_schema(schema: dict[str, Any]) -> None:
    schema |= {"minimum": current().min_samples, "maximum": current().max_samples, "default": _samples()}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # JSON does not tell 5.0 from 5


Whole = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, Field(description="The text to classify.", json_schema_extra=_text_schema)]
Framework = Annotated[FRAMEWORKS, Field(description="The model to use.")]


class Request(BaseModel):
    """A request body without unknown fields or converted types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OnePredictRequest(Request):
    """A request to classify one text or several with one model."""

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
        Field(description="Several texts.", json_schema_extra=_texts_schema),
    ] = None


class PredictRequest(OnePredictRequest):
    """A request to classify one text or several."""

    framework: Framework = "both"


class ExplainRequest(Request):
    """A request to explain a prediction."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": TEXT, "framework": "both", "samples": 200}]})
    text: Text
    framework: Framework = "both"
    label: Annotated[
        str | None,
        Field(description="The class to explain. By default, the class that each model predicts.", max_length=200),
    ] = None
    samples: Annotated[
        Whole, Field(description="The maximum number of perturbed texts per model.", json_schema_extra=_samples_schema)
    ] = Field(default_factory=_samples)
    seed: Annotated[
        Whole, Field(description="The seed of the samples.", json_schema_extra={"minimum": 0, "maximum": MAX_SEED})
    ] = Settings.seed
    target: Annotated[str, Field(description="The quantity to fit.", json_schema_extra={"enum": list(TARGETS)})] = (
        Settings.target
    )
    stock: Annotated[bool, Field(description="Whether to explain as stock LIME does.")] = Settings.stock


class Prediction(BaseModel):
    """A model's prediction for one text."""

    label: str
    probability: float
    probabilities: dict[str, float]


class ModelAnswer(BaseModel):
    """A model's predictions for all texts, in their order."""

    framework: str
    revision: Annotated[str, Field(description="The commit on the Hub, or `local`.")]
    predictions: list[Prediction]
    seconds: Annotated[float, Field(description="The duration of the call, including texts of other requests.")]
    waited: Annotated[float, Field(description="Seconds in the queue before the call.")]
    together: Annotated[int, Field(description="The number of texts in that call, including those of other requests.")]


class PredictResponse(BaseModel):
    """The predictions of each model."""

    models: list[ModelAnswer]
    agree: Annotated[list[bool] | None, Field(description="Per text, whether both models predict the same class.")]


class ExplainResponse(BaseModel):
    """The words and weights of each model. The table has one row per word."""

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
    notice: Annotated[str, Field(description="A note about the model's origin, or an empty text.")]
    recipe: dict[str, Any]


class ModelsResponse(BaseModel):
    """The models that are ready."""

    ready: Annotated[bool, Field(description="Whether both models are ready.")]
    models: list[ModelFacts]


class Status(BaseModel):
    """The state of the server, such as `ready`."""

    status: str


class ErrorContent(BaseModel):
    """The description of an error."""

    code: str
    message: str
    field: Annotated[str | None, Field(description="The place in the request that is invalid.")]
    limit: Annotated[int | None, Field(description="The limit that was exceeded.")]
    remedy: str
    request_id: str


class ErrorResponse(BaseModel):
    """An error. It is never longer than 1 KB and never quotes the request."""

    error: ErrorContent
    detail: str
