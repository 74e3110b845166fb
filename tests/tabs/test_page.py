"""Test `tabs/page/page.py`: the status line, and the imports that a start postpones."""

import subprocess
import sys

import pytest

from service.work.model_loader import Progress
from tabs.page import page
from tests.support import tiny
from tests.support.planted import ReadyLoader

# Modules of frameworks, metrics, explanations, plots and reports. Gradio itself imports numpy, pandas and Pillow.
LATER = (
    "torch transformers accelerate safetensors.torch tensorflow keras keras_hub tensorflow_text sklearn scipy joblib "
    "matplotlib lime evaluate datasets jsonschema statsmodels"
)
BUILD = """
import sys
sys.modules["mcp"] = None  # Gradio imports it where it is installed, and it brings jsonschema
import app
from service.work.model_loader import ModelLoader
from tabs.page import page

page.build(ModelLoader({"pytorch": "a", "tensorflow": "b"}))
print(*sorted(sys.modules))
"""
# Explanations and reports are requested while the loader still imports TensorFlow.
TOGETHER = """
import threading, traceback
from concurrent.futures import ThreadPoolExecutor
from eval.report import catalog, find_texts
from explain.lime_text.explanation import Settings
from explain.session import sessions
from tests.support.planted import Contrarian, WordCounter

TEXT = "sport and tech and much that is neither of the two"
PAIR = (WordCounter("PyTorch"), Contrarian("TensorFlow"))
PUBLISHED = next(iter(catalog.published().values()))
start = threading.Barrier(7)

def explain():
    start.wait()
    *_, last = sessions(TEXT, PAIR, settings=Settings(samples=50))
    return last.measure().findings.explanations[0].label

def read():
    start.wait()
    report = catalog.open_report(PUBLISHED).report
    first = report["labels"][0]
    return len(find_texts.cell(report, "PyTorch", first, first)) > 0

def load():
    start.wait()
    from bakeoff.common import keras_on_tensorflow
    return keras_on_tensorflow.tf.__name__

with ThreadPoolExecutor(7) as pool:
    asked = [pool.submit(work) for work in (load, explain, read, explain, read, explain, read)]
print([each.result() for each in asked])
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=tiny.ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_is_built_without_what_it_does_not_show():
    loaded = run(BUILD).split()
    assert {"gradio", "explain.lime_text.rounds", "eval.report.report", "service.work.model_loader"} <= set(loaded)
    assert [name for name in LATER.split() if name in loaded] == []


def test_the_command_line_answers_before_gradio_is_imported():
    loaded = run("import sys, app; app.parser().parse_args([]); print(*sys.modules)").split()
    assert "app" in loaded
    assert "gradio" not in loaded


@pytest.mark.slow
def test_what_is_imported_on_use_may_be_asked_for_by_many_at_once():
    assert run(TOGETHER).split("\n")[-2] == "['tensorflow', 'sport', True, 'sport', True, 'sport', True]"


def test_the_status_line_escapes_what_it_shows():
    class Failed(ReadyLoader):
        def progress(self):
            return Progress("<script>x</script>", finished=True, failed=True)

    line = page.status_line(Failed())
    assert "&lt;script&gt;" in line
    assert "<script>" not in line
    assert 'role="status"' in line
