"""Test the tab Decide: the values of its inputs, links and files that carry weights, and its API over HTTP."""

import io
import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from bakeoff.common.errors import InputError
from decide import report
from decide.criteria.criteria import BY_KEY, CRITERIA, OPINIONS
from decide.criteria.presets import PRESETS
from decide.criteria.weighting import evidence_of, from_query, to_query
from tabs import decide, decide_layout
from tabs.decide_values import NOT_SET, OWN_WEIGHTS, TabValues, preset_of
from tabs.page import page
from tests.support import decided
from tests.support.planted import Loading, ReadyLoader, planted_pair


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return decided.write(tmp_path_factory.mktemp("decide") / "reports", *decided.everything(short=2))


@pytest.fixture(scope="module")
def client(evidence):
    demo = page.build(ReadyLoader(), decision=evidence)
    demo.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield Client(demo.local_url, verbose=False)
    demo.close()


def test_the_api_weighs_by_name_and_by_json(client):
    answer = client.predict("edge", "own", api_name="/decide")
    assert answer["decisions"][0] == "own"
    assert answer["weighting"]["name"] == "edge device"
    own = json.dumps({"kind": "weighting", "weights": {"latency": 1}})
    assert client.predict(own, "own", api_name="/decide")["headline"] == "PyTorch"
    for weights, name, sentence in (
        ("fast", "own", "The weights are not valid"),
        ('{"kind": "weighting", "weights": {"speed": 1}}', "own", "expected one of accuracy"),
        ("edge", "nothing", "no such decision"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(weights, name, api_name="/decide")


@pytest.mark.parametrize("key", list(PRESETS))
def test_sliders_show_a_preset_and_give_it_back(key):
    values = TabValues.of(PRESETS[key])
    assert values.weighting() == PRESETS[key]
    assert preset_of(PRESETS[key]) == key
    moved = replace(values, weights=values.weights | {"accuracy": values.weights["accuracy"] - 0.5})
    assert preset_of(moved.weighting()) == OWN_WEIGHTS


def test_each_component_s_value_becomes_the_field_of_its_name():
    with gr.Blocks(), gr.Tabs(), gr.Tab("Decide"):
        panel = decide_layout.build_panel(["own"], "own")
    assert panel.inputs() == {panel.choice, *panel.sliders()}
    by_component = {component: component.elem_id for component in panel.inputs()}
    expected = TabValues(
        weights={criterion.key: f"weight-{criterion.key}" for criterion in CRITERIA},
        opinions={opinion.key: f"opinion-{opinion.key}" for opinion in OPINIONS},
        evidence="decision-choice",
    )
    assert panel.reads(lambda values: values)(by_component) == expected
    assert panel.reads(lambda values: values.preset)(by_component | {panel.preset: "edge"}) == "edge"


def test_a_move_over_http_reaches_the_weight_of_its_slider(client):
    """The page sends values by the order of the event's inputs, which Gradio makes from a set."""
    config = client.config
    ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    names = {number: name for name, number in ids.items()}
    events = [event for event in config["dependencies"] if [ids["weight-latency"], "input"] in event["targets"]]
    (event,) = events
    by_name = {f"weight-{criterion.key}": 0 for criterion in CRITERIA} | {"weight-latency": 3}
    by_name |= {f"opinion-{opinion.key}": NOT_SET for opinion in OPINIONS} | {"decision-choice": "own"}
    data = [by_name[names[number]] for number in event["inputs"]]
    body = {"fn_index": event["id"], "data": data, "session_hash": "a", "trigger_id": ids["weight-latency"]}
    answer = httpx.post(f"{client.src}gradio_api/run/predict", json=body, timeout=60).json()
    shown = dict(zip(event["outputs"], answer["data"], strict=True))
    query = shown[ids["decision-links"]].split('href="?')[1].split('"')[0].replace("&amp;", "&")
    assert {key: weight for key, weight in from_query(query).weights.items() if weight} == {"latency": 3}
    assert evidence_of(query) == "own"


@pytest.mark.parametrize("value", [None, -1, 11, "much", float("nan"), [1]])
def test_a_slider_takes_nothing_else_on_the_server(value):
    values = TabValues.of(PRESETS["api"])
    with pytest.raises(InputError, match="expected a number from 0 to 10"):
        replace(values, weights=values.weights | {"accuracy": value}).weighting()


def test_the_link_carries_the_weights_and_the_evidence_s_name():
    html = decide_layout.links(PRESETS["estate"], "a study & more")
    query = html.split('href="?')[1].split('"')[0].replace("&amp;", "&")
    assert preset_of(from_query(query)) == "estate"
    assert evidence_of(query) == "a study & more"


def test_the_bundle_holds_page_document_and_weights(evidence):
    opened = report.open_decision(evidence)
    archive = zipfile.ZipFile(io.BytesIO(decide.bundle(opened, PRESETS["batch"], "Stale: <b>")))
    assert sorted(archive.namelist()) == ["decision.html", "decision.json", "weights.json"]
    document = json.loads(archive.read("decision.json"))
    report.check(document, "it")
    assert document["result"]["weighting"]["name"] == "nightly batch scoring"
    assert "Stale: &lt;b&gt;" in archive.read("decision.html").decode()
    assert json.loads(archive.read("weights.json"))["weights"] == PRESETS["batch"].weights


def test_other_models_than_those_measured_are_named(evidence, encoder_folder, tmp_path):
    opened = report.open_decision(evidence)
    loader = ReadyLoader(planted_pair(encoder_folder, tmp_path / "models"))
    assert "PyTorch aaaaaaaaaaaa there" in decide.notice(loader, opened)
    assert decide.notice(Loading(), opened) == ""


def test_what_goes_wrong_is_said_above_the_recommendation(evidence, tmp_path):
    with gr.Blocks(), gr.Tabs() as tabs, gr.Tab("Decide"):
        panel = decide_layout.build_panel(["own"], "own")
    handlers = decide.Handlers(Loading(), evidence, tabs, panel)
    values = TabValues.of(PRESETS["edge"], "own")
    assert handlers.move(values)[panel.alert] == ""
    assert "edge device" in handlers.move(values)[panel.result]
    assert "nightly batch" in handlers.use_preset(replace(values, preset="batch"))[panel.result]
    assert "edge device" in handlers.use_preset(replace(values, preset=OWN_WEIGHTS))[panel.result]
    assert panel.alert not in handlers.open(values), "the error of a link stays visible"
    nothing = replace(values, weights=dict.fromkeys(BY_KEY, 0.0))
    assert "gives every criterion the weight 0" in handlers.move(nothing)[panel.alert]
    (tmp_path / "w.json").write_text("<b>", encoding="utf-8")
    assert "can&#39;t be read" in handlers.use_file(str(tmp_path / "w.json"), "own")[panel.alert]
    shared = to_query(PRESETS["batch"], "own")
    elsewhere = to_query(PRESETS["batch"], "of another page")
    for query, key in (("decide=nothing.1", panel.alert), (elsewhere, panel.alert), (shared, panel.result)):
        opened = handlers.use_link("own", SimpleNamespace(query_params=query))
        assert opened[tabs].selected == "decide"
        assert key in opened
    assert "nightly batch scoring" in opened[panel.result]
    assert opened[panel.choice] == "own"
    assert handlers.use_link("own", SimpleNamespace(query_params="__theme=dark")) == {tabs: gr.skip()}


def test_without_a_decision_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(report, "published", dict)
    assert decide.decision_names(None) == []
    with pytest.raises(InputError, match="no such decision"):
        decide.open_choice(None, None)
