"""Test `service/api/routes.py` over real HTTP: what each route answers, and how it refuses."""

import asyncio
import csv
import gc
import html
import io
import json
import os
import re
import shlex
import socket
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import jsonschema
import pytest

from bakeoff.classifiers.base import predict_proba
from bakeoff.common.errors import ModelError
from bakeoff.common.limits import Limits
from decide import report as decision_report
from eval.report import catalog
from service.api import documents
from service.api.calls import Calls
from service.operate.settings import Settings
from tests.support import decided, tiny
from tests.support.planted import Contrarian, ReadyLoader, WordCounter, planted_pair
from tests.support.serving import Slow, serving, wait_for

TEXT = "tech and sport and tech"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    decision = tmp_path_factory.mktemp("documents") / "decision.json"
    decision_report.write(decision, decided.decision())
    loader = ReadyLoader(report=next(iter(catalog.published().values())))
    with serving(settings=Settings(decision=decision), loader=loader) as server:
        yield server


@pytest.fixture(scope="module")
def bare():
    """Serve without a report, a decision or models."""

    class Empty(ReadyLoader):
        def classifiers(self):
            raise ModelError("The models are not ready yet (loading /secret/folder)")

        def pair(self):
            raise ModelError("there is no folder /secret/folder")

    with serving(loader=Empty()) as server:
        yield server


def test_one_text_is_answered_by_both(served):
    answer = served.post("/api/v1/predict", {"text": TEXT}).json()
    assert answer["agree"] == [True]
    for model, planted in zip(answer["models"], (WordCounter("PyTorch"), Contrarian("TensorFlow")), strict=True):
        expected = dict(zip(planted.labels, predict_proba(planted, [TEXT])[0].tolist(), strict=True))
        (prediction,) = model["predictions"]
        assert (model["framework"], model["revision"]) == (planted.framework, "local")
        assert prediction == {"label": "tech", "probability": expected["tech"], "probabilities": expected}


def test_several_texts_keep_their_order_and_tell_where_the_models_disagree(served):
    answer = served.post("/api/v1/predict", {"texts": ["tech", "contrary tech", "sport"], "framework": "both"}).json()
    said = [[each["label"] for each in model["predictions"]] for model in answer["models"]]
    assert said == [["tech", "tech", "sport"], ["tech", "sport", "sport"]]
    assert answer["agree"] == [True, False, True]


@pytest.mark.parametrize(
    ("path", "body", "framework"),
    [
        ("/api/v1/predict", {"text": "contrary tech", "framework": "tensorflow"}, "TensorFlow"),
        ("/api/v1/predict", {"text": "contrary tech", "framework": "pytorch"}, "PyTorch"),
        ("/api/v1/tensorflow/predict", {"text": "contrary tech"}, "TensorFlow"),
        ("/api/v1/pytorch/predict", {"texts": ["contrary tech"]}, "PyTorch"),
    ],
)
def test_one_framework_answers_alone(served, path, body, framework):
    answer = served.post(path, body).json()
    assert [model["framework"] for model in answer["models"]] == [framework]
    assert answer["agree"] is None
    assert answer["models"][0]["predictions"][0]["label"] == ("tech" if framework == "PyTorch" else "sport")


def test_sagemaker_asks_in_json_and_csv(served):
    assert served.get("/ping").status == 200
    texts = ['sport , "the" game', "contrary\ntech"]
    body = io.StringIO()
    csv.writer(body).writerows([text] for text in texts)
    asked = {"Content_Type": "text/csv; charset=utf-8", "Accept": "text/csv"}
    answer = served.post("/invocations", body.getvalue().encode(), **asked)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode())))
    assert [(row[0], row[2]) for row in rows] == [("sport", "sport"), ("tech", "sport")]
    assert all(0.5 < float(cell) < 1 for row in rows for cell in row[1::2])
    as_json = served.post("/invocations", {"texts": texts}).json()
    assert as_json["agree"] == served.post("/api/v1/predict", {"texts": texts}).json()["agree"] == [True, False]
    for body, status in ((b"a,b\n", 422), (b'"a', 400), (b"\xff", 400), (b"", 422), (b"a\n" * 33, 422)):
        assert served.post("/invocations", body, Content_Type="text/csv").error and status
        assert served.post("/invocations", body, Content_Type="text/csv").status == status
    assert served.post("/invocations", b"a", Content_Type="text/plain").status == 415


@pytest.mark.parametrize(
    ("body", "header", "labels"),
    [
        ("text\nsport\ntech\n", "header=present", ["sport", "tech"]),
        ("text\nsport\ntech\n", 'charset=utf-8 ; Header="present"', ["sport", "tech"]),
        ("sport\ntech\nsport\n", "header=present", ["tech", "sport"]),  # whatever it claims
        ("sport\r\ntech\r\n", None, ["sport", "tech"]),
        ("sport\ntech", None, ["sport", "tech"]),
        ('\ufeffsport\n"tech\n\nin two lines"\n', None, ["sport", "tech"]),
        ("the text of sport\n", None, ["sport"]),
        ("text\nsport\n", "header=absent", [None, "sport"]),
    ],
)
def test_each_row_of_csv_gets_one_answer_in_its_order(served, body, header, labels):
    kind = f"text/csv; {header}" if header else "text/csv"
    answer = served.post("/invocations", body.encode(), Content_Type=kind, Accept="text/csv")
    assert answer.status == 200, answer.body
    found = [row[0] for row in csv.reader(io.StringIO(answer.body.decode()))]
    assert len(found) == len(labels)
    assert [label for label, expected in zip(found, labels, strict=True) if expected] == list(filter(None, labels))


@pytest.mark.parametrize(
    ("body", "header", "code", "said"),
    [
        ("text\nsport\n", None, "header_row", "Row 1 of the CSV may be a header"),
        ("\ufeffText \nsport\n", None, "header_row", "Row 1 of the CSV may be a header"),
        ('"label"\n', None, "header_row", "Row 1 of the CSV may be a header"),
        ("sport\n\ntech\n", None, "blank_row", "Row 2 of the CSV is blank"),
        ("sport\r\n\r\n", None, "blank_row", "Row 2 of the CSV is blank"),
        ("\nsport\n", None, "blank_row", "Row 1 of the CSV is blank"),
        ('sport\n" \u200b"\n', None, "blank_row", "Row 2 of the CSV is blank"),
        ("text\n\nsport\n", "header=present", "blank_row", "Row 2 of the CSV is blank"),
        ('"a\nb"\nc,d\n', None, "malformed_csv", "Row 2 of the CSV has more than one column"),
        ("text\n", "header=present", "invalid", "has no text"),
        ("", "header=present", "invalid", "has no text"),
        ("sport\n", "header=maybe", "unsupported_media_type", "neither present nor absent"),
        ("sport\n", "header=present; header=absent", "unsupported_media_type", "neither present nor absent"),
    ],
)
def test_rows_of_csv_that_would_get_no_answer_are_refused(served, body, header, code, said):
    kind = f"text/csv; {header}" if header else "text/csv"
    error = served.post("/invocations", body.encode(), Content_Type=kind).error
    assert error["code"] == code
    assert said in error["message"]


def test_an_explanation_names_the_words(served):
    answer = served.post("/api/v1/explain", {"text": "tech in a text of other words", "samples": 60, "seed": 3}).json()
    assert [model["framework"] for model in answer["models"]] == ["PyTorch", "TensorFlow"]
    assert answer["settings"]["samples"] == 60
    heaviest = max(answer["table"], key=lambda row: row["PyTorch"])
    assert heaviest["word"] == "tech"
    alone = served.post("/api/v1/explain", {"text": "tech or not", "framework": "pytorch", "label": "sport"}).json()
    assert [(model["framework"], model["label"]) for model in alone["models"]] == [("PyTorch", "sport")]


def test_facts_and_documents(served):
    models = served.get("/api/v1/models").json()
    assert models["ready"] is True
    assert [each["labels"] for each in models["models"]] == [["sport", "tech"]] * 2
    report = json.loads(next(iter(catalog.published().values())).read_bytes())
    assert served.get("/api/v1/evaluation").json() == report
    assert served.get("/api/v1/decision").json() == decision_report.read(served.service.settings.decision)


def test_the_decision_without_one_of_its_own_is_the_published_one_as_on_the_page(bare):
    [path] = decision_report.published().values()
    assert bare.get("/api/v1/decision").json() == json.loads(path.read_bytes())


def test_a_decision_about_other_models_says_so_as_on_the_page(encoder_folder, tmp_path):
    with serving(loader=ReadyLoader(planted_pair(encoder_folder, tmp_path / "models"))) as server:
        answers = [server.get("/api/v1/decision").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert "about other models than the loaded ones" in answers[0]["other_models"]
    decision_report.check(answers[0], "it")


def test_a_folder_of_reports_gives_the_decision_that_the_page_makes_of_it(tmp_path):
    folder = decided.write(tmp_path / "reports", *decided.everything(short=3.0))
    with serving(settings=Settings(decision=folder)) as server:
        answer = server.get("/api/v1/decision").json()
    assert answer["id"] == decision_report.open_decision(folder).document["id"]
    assert answer["sources"]


def test_what_is_not_there_says_how_to_make_it(bare, tmp_path, monkeypatch):
    with serving(settings=Settings(decision=tmp_path / "decision.json")) as server:
        for answer, command in (
            (bare.get("/api/v1/evaluation"), "bakeoff evaluate"),
            (server.get("/api/v1/decision"), "--decision"),
        ):
            assert answer.status == 404
            assert command in answer.error["remedy"]
    monkeypatch.setattr(decision_report, "published", dict)
    assert bare.get("/api/v1/decision").status == 404


BROKEN = ("[1]", '{"a": ', "[" * 100_000, '{"a": 1}')


@pytest.mark.parametrize("content", BROKEN, ids=["no object", "cut off", "deep", "no decision"])
def test_a_decision_that_is_none_is_told(tmp_path, content):
    broken = tmp_path / "decision.json"
    broken.write_text(content, encoding="utf-8")
    with serving(settings=Settings(decision=broken)) as server:
        assert server.get("/api/v1/decision").error["code"] == "unreadable"


@pytest.mark.parametrize("content", BROKEN[:3], ids=["no object", "cut off", "deep"])
def test_a_report_that_is_none_is_told(tmp_path, content):
    broken = tmp_path / "report.json"
    broken.write_text(content, encoding="utf-8")
    with serving(loader=ReadyLoader(report=broken)) as server:
        assert server.get("/api/v1/evaluation").error["code"] == "unreadable"


def test_a_report_is_parsed_once_until_it_changes(tmp_path, monkeypatch):
    parsed, path = [], tmp_path / "report.json"
    monkeypatch.setattr(documents, "_is_object", lambda content: parsed.append(content) or True)
    with serving(loader=ReadyLoader(report=path)) as server:
        for content in ('{"a": 1}', '{"a": 1}', '{"a": 10}'):
            path.write_text(content, encoding="utf-8")
            os.utime(path, (0, 0))
            assert server.get("/api/v1/evaluation").body == content.encode()
    assert parsed == [b'{"a": 1}', b'{"a": 10}']


def test_before_the_models_are_ready_the_process_is_live(bare):
    assert bare.get("/health/live").status == 200
    for path in ("/health/ready", "/ping"):
        assert (bare.get(path).status, bare.get(path).error["code"]) == (503, "not_ready")
    for path, body in (
        ("/api/v1/predict", {"text": "a"}),
        ("/api/v1/explain", {"text": "a"}),
        ("/invocations", {"text": "a"}),
    ):
        answer = bare.post(path, body)
        assert (answer.status, answer.error["code"]) == (503, "not_ready")
        assert answer.headers["retry-after"] == "5"
        assert b"secret" not in answer.body
    assert bare.get("/api/v1/models").json() == {"ready": False, "models": []}


def test_a_load_balancer_may_ask_without_wanting_a_body(served, bare):
    for server, ready in ((served, 200), (bare, 503)):
        for path, status in (("/health/live", 200), ("/health/ready", ready), ("/ping", ready)):
            with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
                connection.sendall(f"HEAD {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert (head.split()[1], body) == (str(status).encode(), b"")


def test_nobody_is_told_to_come_back_to_a_model_that_failed_for_good():
    class Half(ReadyLoader):
        def classifiers(self):
            return (WordCounter("PyTorch"),)

        def pair(self):
            raise ModelError("TensorFlow: there is no folder /secret/folder")

    with serving(loader=Half(failures={"TensorFlow": "there is no folder /secret/folder"})) as server:
        assert server.post("/api/v1/pytorch/predict", {"text": "tech"}).status == 200
        answers = [server.post(f"/api/v1/{name}", {"text": "a"}) for name in ("predict", "tensorflow/predict")]
        for answer in (*answers, server.get("/health/ready")):
            assert (answer.status, answer.error["code"]) == (503, "not_ready")
            assert "retry-after" not in answer.headers
            assert b"secret" not in answer.body


def test_the_openapi_document_describes_each_route_and_its_examples_work(served):
    document = served.get("/api/openapi.json").json()
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert {
        *(("post", f"/api/v1/{name}") for name in ("predict", "explain", "pytorch/predict", "tensorflow/predict")),
        *(("get", f"/api/v1/{name}") for name in ("models", "evaluation", "decision")),
        *(("get", path) for path in ("/health/live", "/health/ready", "/metrics", "/ping")),
        ("post", "/invocations"),
    } == described
    components = {"components": document["components"]}
    for path in ("/api/v1/predict", "/api/v1/pytorch/predict", "/api/v1/explain"):
        name = path.rpartition("/")[2]
        operation = document["paths"][path]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        examples = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["examples"]
        assert examples, name
        for example in examples:
            jsonschema.validate(example, schema | components)
            answer = served.post(path, example)
            assert answer.status == 200
            answered = operation["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(answer.json(), answered | components)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"text": "a", "texts": ["a"]}, schema_of(document, "PredictRequest"))


def schema_of(document, name):
    return document["components"]["schemas"][name] | {"components": document["components"]}


def test_the_documentation_needs_no_network_and_no_script(served):
    answer = served.get("/api/docs")
    page = answer.body.decode()
    assert "script" not in page.lower().replace("description", "")
    assert "src=" not in page and f"curl {served.url}/api/v1/predict" in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in ("/api/v1/explain", "/health/ready", "/invocations"):
        assert f"<code>{path}</code>" in page
    assert served.get("/api").headers["location"] == "api/docs"  # seen from /api


def test_metrics_count_requests_batches_and_refusals(served):
    def value(name):
        lines = served.get("/metrics").body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    posted = 'bakeoff_requests_total{method="POST",route="/api/v1/predict",status="200"}'
    before = value(posted), value("bakeoff_batch_texts_sum"), value('bakeoff_refused_total{code="not_found"}')
    served.post("/api/v1/predict", {"texts": ["a", "b"]})
    served.get("/api/secret-word")
    after = value(posted), value("bakeoff_batch_texts_sum"), value('bakeoff_refused_total{code="not_found"}')
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 4, 1]
    assert value("bakeoff_ready") == 1
    assert b"secret-word" not in served.get("/metrics").body


def test_concurrent_single_texts_are_classified_together():
    models = (Slow("PyTorch", 0.05), Slow("TensorFlow", 0.05))
    with serving(models) as server:
        answers = at_once(16, lambda n: server.post("/api/v1/predict", {"text": "tech " * n + "sport"}).json())
    for number, answer in enumerate(answers):
        counts = answer["models"][0]["predictions"][0]["probabilities"]
        assert counts["tech"] == pytest.approx(1 / (1 + 2.718281828 ** (1 - number)))
    assert len(models[0].calls) <= 8  # sixteen, one at a time


def at_once(number, ask):
    """Return the results of several calls, each from its own thread."""
    out = [None] * number
    start = threading.Barrier(number)

    def run(position):
        start.wait()
        out[position] = ask(position)

    threads = [threading.Thread(target=run, args=(position,)) for position in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return out


@pytest.fixture
def held():
    """Serve with room for two texts and models that are busy until the gate is opened."""
    model = Slow("PyTorch")
    model.gate.clear()
    with serving((model, Contrarian("TensorFlow")), queue_texts=2, explanations=1, predict_seconds=60) as server:
        yield server, model
        model.gate.set()


def ask_and_leave(server, path, body):
    """Send a request, and close the connection once the model has it or it waits."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    return connection


def test_a_full_queue_refuses_at_once(held):
    server, model = held
    path = "/api/v1/pytorch/predict"
    waiting = [ask_and_leave(server, path, {"text": "first"})]
    wait_for(lambda: model.calls)
    waiting += [ask_and_leave(server, path, {"text": f"{n}"}) for n in range(2)]
    wait_for(lambda: len(server.service.models.queue) == 2)
    answer = server.post(path, {"text": "one too many"})  # arrives while the models are busy, and needs no turn
    assert (answer.status, answer.error["code"]) == (503, "queue_full")
    assert int(answer.headers["retry-after"]) >= 1
    assert server.get("/health/live").status == 200
    model.gate.set()
    assert [connection.getresponse().status for connection in waiting] == [200] * 3


def test_a_client_that_leaves_is_not_asked_for(held, caplog):
    server, model = held
    path = "/api/v1/pytorch/predict"
    first = ask_and_leave(server, path, {"text": "first"})
    wait_for(lambda: model.calls)
    second = ask_and_leave(server, path, {"text": "second"})
    wait_for(lambda: len(server.service.models.queue) == 1)
    second.close()
    wait_for(lambda: server.service.working == 1)
    assert server.get("/health/live").status == 200  # by then the event loop has passed the cancellation on
    model.gate.set()
    assert first.getresponse().status == 200
    assert server.post(path, {"text": "third"}).status == 200
    assert model.calls == [["first"], ["third"]]
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_where_one_model_fails_the_other_is_not_asked():
    failed, waiting = Future(), Future()
    failed.set_exception(RuntimeError("broken"))
    queue = SimpleNamespace(submit=lambda *_: [failed, waiting])
    service = SimpleNamespace(limits=Limits(), models=SimpleNamespace(requested=lambda _: (1, 2), queue=queue))
    request = SimpleNamespace(receive=lambda: asyncio.sleep(60, {"type": "http.request"}))
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(Calls(service).predict(request, ["a"], None))
    assert waiting.cancelled()


def test_an_answer_that_takes_too_long_is_given_up():
    model = Slow("PyTorch")
    model.gate.clear()
    with serving((model, Contrarian("TensorFlow")), predict_seconds=1) as server:
        answer = server.post("/api/v1/pytorch/predict", {"text": "a"})
        assert (answer.status, answer.error["code"]) == (504, "too_late")
        model.gate.set()


def test_an_explanation_is_given_up_with_its_client_and_others_are_refused_meanwhile(held):
    server, model = held
    body = {"text": "sport and other words", "framework": "pytorch"}
    left = ask_and_leave(server, "/api/v1/explain", body)
    wait_for(lambda: model.calls)
    refused = server.post("/api/v1/explain", body)
    assert (refused.status, refused.error["code"]) == (503, "queue_full")
    left.close()
    wait_for(lambda: not server.service.working)
    model.gate.set()
    wait_for(lambda: server.post("/api/v1/explain", body | {"samples": 50}).status == 200)
    before = len(model.calls)
    assert server.post("/api/v1/pytorch/predict", {"text": "a"}).status == 200
    assert len(model.calls) == before + 1  # the explanation has stopped


def test_predictions_pass_an_explanation():
    model = Slow("PyTorch", 0.02)
    with serving((model, Slow("TensorFlow", 0.02))) as server:
        body = {"text": "sport and other words", "samples": 2000, "stock": True}
        explaining = ask_and_leave(server, "/api/v1/explain", body)
        wait_for(lambda: len(model.calls) > 3)
        before = len(model.calls)
        assert server.post("/api/v1/pytorch/predict", {"text": "quick"}).status == 200
        assert len(model.calls) - before <= 3
        explaining.close()


def curls(text, base="http://127.0.0.1:7860"):
    """Return method, path, headers and body of each curl command in a text."""
    for line in text.splitlines():
        if not line.startswith(f"curl {base}"):
            continue
        _, url, *flags = shlex.split(line)
        values = dict(zip(flags[::2], flags[1::2], strict=True))
        headers = dict(value.split(": ") for flag, value in zip(flags[::2], flags[1::2], strict=True) if flag == "-H")
        body = values.get("-d") or values.get("--data-binary")
        yield "POST" if body else "GET", url.removeprefix(base), headers, body


def test_the_curl_commands_of_both_documentations_work(served):
    page = html.unescape(re.sub("<[^>]*>", "", served.get("/api/docs").body.decode()))
    found = [*curls((tiny.ROOT / "docs" / "api.md").read_text(encoding="utf-8")), *curls(page, served.url)]
    assert len(found) > 10
    for method, path, headers, body in found:
        named = {name.replace("-", "_"): value for name, value in headers.items()}
        answer = served.ask(method, path, body.encode() if body else None, **named)
        assert answer.status == 200, (path, body, answer)
