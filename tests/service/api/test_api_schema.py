"""Test the OpenAPI document with requests that schemathesis generates from it, valid and invalid ones."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from eval.report import catalog
from tests.support.planted import ReadyLoader
from tests.support.serving import serving

MOST = 1024  # bytes of an error
FEW = settings(
    deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def api_schema():
    loader = ReadyLoader(report=next(iter(catalog.published().values())))
    with serving(loader=loader, max_samples=60) as server:
        yield schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")


OPERATIONS = [
    *[("POST", f"/api/v1/{name}") for name in ("predict", "pytorch/predict", "tensorflow/predict", "explain")],
    *[("GET", f"/api/v1/{name}") for name in ("models", "evaluation", "decision")],
    *[("GET", path) for path in ("/health/live", "/health/ready", "/metrics", "/ping")],
    ("POST", "/invocations"),
]


CASES = [
    (*operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if not (operation[0] == "GET" and mode is GenerationMode.NEGATIVE)  # nothing in the request could be wrong
]


@pytest.mark.parametrize(("method", "path", "mode"), CASES, ids=[f"{path}-{mode.value}" for _, path, mode in CASES])
def test_the_document_is_kept(api_schema, method, path, mode):
    @settings(FEW, max_examples=12 if mode is GenerationMode.POSITIVE else 6)
    @given(case=api_schema[path][method].as_strategy(generation_mode=mode))
    def check(case):
        response = case.call()
        if case.media_type == "text/csv" or b'"field": "label"' in response.content:
            assert response.status_code in (200, 400, 422)  # a schema knows neither CSV nor the models' classes
        else:
            case.validate_response(response)
        if response.status_code >= 400:
            assert len(response.content) < MOST
            assert response.json()["error"]["remedy"]

    check()
