"""The REST API: the same classifiers, limits and errors as the page, over HTTP.

`create_api` makes an application. `bakeoff serve --api-only` serves it alone, and the page's server serves it beside
the page. `service.middleware.stack.guarded` puts logins, limits and logs in front of it.
"""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bakeoff.common.errors import BakeoffError
from bakeoff.common.limits import check_samples, check_seed, check_text
from explain.lime_text.explanation import Settings
from service.api import docs_page, documents, invocations, openapi, schemas, validation
from service.api.calls import Calls
from service.operate.metrics import CONTENT_TYPE
from service.operate.state import Service
from service.problem import Problem, ProblemError, of_error
from service.work.queued_models import NeverReady


def create_api(service: Service) -> FastAPI:
    """Return the API of a service."""
    api = FastAPI(
        title="Bakeoff",
        version="1",
        description=__doc__.split("\n")[0],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    calls = Calls(service)
    api.include_router(_answers(calls))
    api.include_router(_sagemaker(service, calls))
    api.include_router(_facts(service))
    api.include_router(_health(service))
    api.include_router(_documents(api, service))
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _refused)
    for kind in (BakeoffError, ProblemError, Exception):
        api.add_exception_handler(kind, _failed)
    return api


def _answers(calls: Calls) -> APIRouter:
    """Return the routes for predictions and explanations."""
    router = APIRouter(prefix="/api/v1", tags=["answers"], dependencies=[Depends(_json_only)], responses=openapi.WORK)

    @router.post("/predict", response_model=schemas.PredictResponse, responses=openapi.PREDICTED)
    async def predict(request: Request, body: schemas.PredictRequest) -> schemas.PredictResponse:
        """Classify one text or several, with one model or both."""
        return await _predicted(calls, request, validation.texts_of(body), body.framework)

    @router.post("/pytorch/predict", response_model=schemas.PredictResponse)
    async def predict_with_pytorch(request: Request, body: schemas.OnePredictRequest) -> schemas.PredictResponse:
        """Classify with PyTorch."""
        return await _predicted(calls, request, validation.texts_of(body), "pytorch")

    @router.post("/tensorflow/predict", response_model=schemas.PredictResponse)
    async def predict_with_tensorflow(request: Request, body: schemas.OnePredictRequest) -> schemas.PredictResponse:
        """Classify with TensorFlow."""
        return await _predicted(calls, request, validation.texts_of(body), "tensorflow")

    @router.post("/explain", response_model=schemas.ExplainResponse)
    async def explain(request: Request, body: schemas.ExplainRequest) -> dict[str, Any]:
        """Explain a class: the words that push each model towards it, with intervals and a judgment of trust."""
        text = check_text(body.text)
        samples, seed = check_samples(body.samples), check_seed(body.seed)
        settings = Settings(samples, target=validation.check_target(body.target), stock=body.stock, seed=seed)
        return await calls.explain(request, body, text, settings)

    return router


def _sagemaker(service: Service, calls: Calls) -> APIRouter:
    """Return the two routes that SageMaker calls. `/ping` is for load balancers and needs no login."""
    router = APIRouter(tags=["SageMaker"])

    @router.head("/ping", include_in_schema=False)
    @router.get("/ping", response_model=schemas.Status, responses=openapi.NOT_READY)
    async def ping() -> dict[str, str]:
        """Report whether requests can be answered."""
        return _ready(service)

    @router.post("/invocations", response_model=schemas.PredictResponse, **openapi.INVOCATIONS)
    async def invocations_(request: Request) -> Response:
        """Classify texts from JSON (the format of `/api/v1/predict`) or CSV (one column, one answer per row).

        `Content-Type: text/csv; header=present` skips the first row; `header=absent` classifies it, whatever it says.
        """
        texts, framework = await invocations.read(request)
        answered = await _predicted(calls, request, texts, framework)
        return invocations.written(answered, request.headers.get("accept", ""))

    return router


def _facts(service: Service) -> APIRouter:
    """Return the routes that describe the models."""
    router = APIRouter(prefix="/api/v1", tags=["facts"])

    @router.get("/models", response_model=schemas.ModelsResponse)
    async def models() -> schemas.ModelsResponse:
        """List the models that are served and ready."""
        return schemas.ModelsResponse(ready=service.ready(), models=service.models.facts())

    @router.get("/evaluation", response_model=dict[str, Any], responses=openapi.ABSENT)
    def evaluation() -> Response:
        """Return the evaluation report of the two models (eval/report/report.schema.json)."""
        return documents.evaluation(service.models.report)

    @router.get("/decision", response_model=dict[str, Any], responses=openapi.ABSENT)
    def decision() -> Response:
        """Return the decision (decide/decision.schema.json): the server's own, or the first published one."""
        return documents.decision(service.settings.decision, service.models.loaded())

    return router


def _health(service: Service) -> APIRouter:
    """Return the routes for load balancers and monitoring."""
    router = APIRouter(tags=["health"])

    @router.head("/health/live", include_in_schema=False)
    @router.get("/health/live", response_model=schemas.Status)
    async def live() -> dict[str, str]:
        """Report that the process answers."""
        return {"status": "live"}

    @router.head("/health/ready", include_in_schema=False)
    @router.get("/health/ready", response_model=schemas.Status, responses=openapi.NOT_READY)
    async def ready() -> dict[str, str]:
        """Report whether both models answer and agree on their labels."""
        return _ready(service)

    @router.get("/metrics", response_class=Response, responses=openapi.METRICS)
    async def metrics() -> Response:
        """Return counts and times for Prometheus."""
        return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    return router


def _documents(api: FastAPI, service: Service) -> APIRouter:
    """Return the routes that describe the API itself."""
    router = APIRouter(include_in_schema=False)
    build = openapi.maker(api, service.settings.access.required, service.settings.root)
    api.openapi = build  # type: ignore[method-assign]  # the documented way to extend FastAPI's document

    @router.get("/api")
    async def start() -> Response:
        return RedirectResponse("api/docs")  # relative to /api, so that it stays below any prefix that a proxy adds

    @router.get("/api/openapi.json")
    async def document() -> dict[str, Any]:
        return api.openapi()

    @router.get("/api/docs")
    async def docs(request: Request) -> Response:
        base = service.settings.root if "://" in service.settings.root else str(request.base_url).rstrip("/")
        return HTMLResponse(docs_page.page(api.openapi(), base), headers={"Content-Security-Policy": docs_page.POLICY})

    return router


async def _predicted(calls: Calls, request: Request, texts: list[str], framework: str) -> schemas.PredictResponse:
    answers = await calls.predict(request, texts, None if framework == "both" else framework)
    labels = [[prediction.label for prediction in answer.predictions] for answer in answers]
    agree = [first == second for first, second in zip(*labels, strict=True)] if len(labels) == 2 else None
    return schemas.PredictResponse(models=answers, agree=agree)


def _ready(service: Service) -> dict[str, str]:
    if not service.ready():
        if not service.stopping and service.models.failed():
            raise NeverReady("a model could not be loaded.")
        what, remedy = "The models are not ready yet", "try again in a few seconds"
        raise ProblemError(Problem(503, what, remedy, "not_ready", headers={"Retry-After": "5"}))
    return {"status": "ready"}


async def _json_only(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        remedy = "send JSON with the header Content-Type: application/json"
        raise ProblemError(Problem(415, "The media type of the body is not accepted", remedy, field="Content-Type"))


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    return validation.problem_of(error.errors()).response()


async def _refused(_: Request, error: HTTPException) -> Response:
    return Problem(error.status_code, headers=error.headers or {}).response()


async def _failed(_: Request, error: Exception) -> Response:
    return of_error(error).response()
