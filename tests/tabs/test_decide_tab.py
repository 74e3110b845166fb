"""The tab Decide: what moves with the weights, links and files that carry them, and its API over HTTP."""

import io
import json
import zipfile
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from bakeoff.common.errors import InputError, ModelError
from decide import report
from decide.criteria.criteria import BY_KEY
from decide.criteria.presets import PRESETS
from decide.criteria.weighting import evidence_of, from_query, to_query
from tabs import decide, decide_layout
from tabs.page import page
from tests.support import decided
from tests.support.planted import ReadyLoader, planted_pair


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
    found = client.predict("edge", "own", api_name="/decide")
    assert found["decisions"][0] == "own"
    assert found["weighting"]["name"] == "edge device"
    own = json.dumps({"kind": "weighting", "weights": {"latency": 1}})
    assert client.predict(own, "own", api_name="/decide")["headline"] == "PyTorch"
    for weights, name, sentence in (
        ("fast", "own", "That is no weighting"),
        ('{"kind": "weighting", "weights": {"speed": 1}}', "own", "expected one of accuracy"),
        ("edge", "nothing", "no such decision"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(weights, name, api_name="/decide")


@pytest.mark.parametrize("key", list(PRESETS))
def test_sliders_show_a_preset_and_give_it_back(key):
    values = decide.to_values(PRESETS[key])
    assert decide.from_values(values) == PRESETS[key]
    assert decide.preset_of(PRESETS[key]) == key
    moved = [values[0] - 0.5, *values[1:]]
    assert decide.preset_of(decide.from_values(moved)) == decide_layout.OWN_WEIGHTS


@pytest.mark.parametrize("value", [None, -1, 11, "much", float("nan"), [1]])
def test_a_slider_takes_nothing_else_on_the_server(value):
    values = decide.to_values(PRESETS["api"])
    with pytest.raises(InputError, match="expected a number from 0 to 10"):
        decide.from_values([value, *values[1:]])


def test_the_link_carries_the_weights_and_the_evidence_s_name():
    html = decide_layout.links(PRESETS["estate"], "a study & more")
    query = html.split('href="?')[1].split('"')[0].replace("&amp;", "&")
    assert decide.preset_of(from_query(query)) == "estate"
    assert evidence_of(query) == "a study & more"


def test_the_bundle_holds_page_document_and_weights(evidence):
    opened = report.open_decision(evidence)
    archive = zipfile.ZipFile(io.BytesIO(decide.bundle(opened, PRESETS["batch"], "Stale: <b>")))
    assert sorted(archive.namelist()) == ["decision.html", "decision.json", "weights.json"]
    made = json.loads(archive.read("decision.json"))
    report.check(made, "it")
    assert made["result"]["weighting"]["name"] == "nightly batch scoring"
    assert "Stale: &lt;b&gt;" in archive.read("decision.html").decode()
    assert json.loads(archive.read("weights.json"))["weights"] == PRESETS["batch"].weights


def test_other_models_than_those_measured_are_named(evidence, encoder_folder, tmp_path):
    opened = report.open_decision(evidence)
    loader = ReadyLoader(planted_pair(encoder_folder, tmp_path / "models"))
    assert "PyTorch was aaaaaaaaaaaa" in decide.notice(loader, opened)
    assert decide.notice(Loading(), opened) == ""


class Loading(ReadyLoader):
    """A loader whose models are not ready."""

    def pair(self):
        raise ModelError("not ready")


def test_what_goes_wrong_is_said_above_the_recommendation(evidence, tmp_path):
    with gr.Blocks(), gr.Tabs() as tabs, gr.Tab("Decide"):
        panel = decide_layout.build_panel(["own"], "own")
    does = decide.Handlers(Loading(), evidence, tabs, panel)
    values = decide.to_values(PRESETS["edge"])
    assert does.move("own", *values)[panel.alert] == ""
    assert "edge device" in does.move("own", *values)[panel.result]
    assert panel.alert not in does.open("own", *values), "what a link did wrong stays said"
    nothing = [0.0] * len(BY_KEY) + values[len(BY_KEY) :]
    assert "gives every criterion the weight 0" in does.move("own", *nothing)[panel.alert]
    (tmp_path / "w.json").write_text("<b>", encoding="utf-8")
    assert "can&#39;t be read" in does.use_file(str(tmp_path / "w.json"), "own")[panel.alert]
    shared = to_query(PRESETS["batch"], "own")
    elsewhere = to_query(PRESETS["batch"], "of another page")
    for query, key in (("decide=nothing.1", panel.alert), (elsewhere, panel.alert), (shared, panel.result)):
        opened = does.use_link("own", SimpleNamespace(query_params=query))
        assert opened[tabs].selected == "decide"
        assert key in opened
    assert "nightly batch scoring" in opened[panel.result]
    assert opened[panel.choice] == "own"
    assert does.use_link("own", SimpleNamespace(query_params="__theme=dark")) == {tabs: gr.skip()}


def test_without_a_decision_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(report, "published", dict)
    assert decide.decision_names(None) == []
    with pytest.raises(InputError, match="no such decision"):
        decide.open_choice(None, None)
