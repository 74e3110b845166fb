"""Tab Explain: why each model answers as it does, in words; and which words push the two models apart."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gradio as gr

from bakeoff.common.errors import ModelError
from bakeoff.common.limits import MAX_SEED, check_samples, check_seed, check_text, current
from explain.lime_text.explanation import Settings
from explain.lime_text.targets import TARGETS
from explain.session import Session, sessions
from service.work.model_loader import ModelLoader
from tabs.common import shows_errors
from tabs.explain_view import (
    downloads,
    failed_line,
    measured_view,
    no_downloads,
    note_on,
    progress_line,
    stopped_line,
    view,
)
from tabs.text_box import build_examples, build_text_box

OWN = ("each model's own answer", "")  # as shown, and its value
SWITCHES = {  # what can be asked of samples that are there, and how
    "Each model's own answer": lambda session: session.refit(None),
    "PyTorch's answer": lambda session: session.refit(session.answer_of("PyTorch")),
    "TensorFlow's answer": lambda session: session.refit(session.answer_of("TensorFlow")),
    "Explain the disagreement": Session.disagreement,
}
REFRESH_SECONDS = 2.0
WIDTHS = ["140px", "60px", *["108px"] * 9, "60px"]  # of the table's columns
AT_ONCE = {"concurrency_limit": 2, "concurrency_id": "explain"}  # so that predictions are not starved
QUIET = {"show_progress": "hidden", "api_visibility": "private"}  # the results stay in sight as they sharpen


@dataclass(frozen=True)
class ExplainTab:
    """What other tabs need to open a text here.

    Attributes:
        text: the text box.
        start: a number; when it changes, the text is explained.
    """

    text: gr.Textbox
    start: gr.State

    def open_on(self, event: Callable, source: gr.Textbox | gr.State, tabs: gr.Tabs) -> None:
        """Let an event of another tab open the text of `source` here and explain it.

        Args:
            event: such as a button's `click`.
            source: holds the text.
            tabs: where this tab has the id "explain".
        """

        @shows_errors
        def open_here(text: str, start: int):
            return gr.Tabs(selected="explain"), check_text(text), start + 1

        event(open_here, [source, self.start], [tabs, self.text, self.start], **QUIET)


@dataclass(eq=False)
class Turn:
    """Whose turn it is to be shown in a session: an explanation ends when another one starts.

    Attributes:
        number: of the newest explanation, or of the stop after it.
        running: whether that explanation is still being sampled.
    """

    number: int = 0
    running: bool = False

    def start(self) -> int:
        """Begin an explanation; all before it end."""
        self.number += 1
        self.running = True
        return self.number

    def end(self) -> None:
        """End all explanations."""
        self.number += 1
        self.running = False


def build_explain_tab(loader: ModelLoader) -> ExplainTab:
    """Lay out the tab and connect its events."""
    gr.api(_api(loader), api_name="explain", **AT_ONCE)  # first, or an event takes its name
    text, label, options, run, stop = _lay_out_inputs()
    progress = gr.HTML(elem_id="explain-progress")
    with gr.Column(visible=False) as shown:
        switches, results, files = _lay_out_results()
    build_examples(text)
    session, turn, start = gr.State(None, time_to_live=7200), gr.State(Turn()), gr.State(0)
    timer = gr.Timer(REFRESH_SECONDS)
    controls = [label, *switches, stop]
    finished = ([session, turn], [*results[3:5], *files, *controls])
    finish = shows_errors(lambda session, turn: _finished(session, turn, files[0].GRADIO_CACHE))
    inputs, outputs = [turn, text, label, *options], [session, progress, shown, *results, *files, *controls]

    @shows_errors
    def explain(turn: Turn, *values):
        yield from explained(turn, draw(loader, *values), len(results))

    clicked = run.click(explain, inputs, outputs, **AT_ONCE, **QUIET)
    # "multiple": another tab's text is taken up while one is explained, which then ends (see Turn); "once" drops it.
    opened = start.change(explain, inputs, outputs, trigger_mode="multiple", **AT_ONCE, **QUIET)
    for running in (clicked, opened):
        running.then(finish, *finished, concurrency_id="measure", **QUIET)
    stop.click(_stopped, [session, turn], progress, cancels=[clicked, opened], **QUIET)
    for button, ask in zip(switches, SWITCHES.values(), strict=True):
        asked = button.click(_asking(ask), session, [session, label, *results], **QUIET)
        asked.then(finish, *finished, concurrency_id="measure", **QUIET)
    asked = label.input(_refit, [session, label], [session, label, *results], **QUIET)
    asked.then(finish, *finished, concurrency_id="measure", **QUIET)
    timer.tick(lambda: _classes(loader), None, [label, timer], **QUIET)
    return ExplainTab(text, start)


def draw(
    loader: ModelLoader, text: str, label: str, samples: float, seed: float, target: str, stock: bool
) -> Iterator[Session]:
    """Sample and explain, round by round; what is asked for is checked before the first of them.

    Raises:
        InputError: the text, the class or a setting is outside the limits.
        ModelError: no model is ready.
    """
    settings = Settings(check_samples(samples), target=str(target), stock=bool(stock), seed=check_seed(seed))
    return sessions(check_text(text), loader.classifiers(), str(label or "") or None, settings)


def explained(turn: Turn, drawn: Iterator[Session], results: int) -> Iterator[list]:
    """What the components show, round by round, until another explanation of the session starts.

    Args:
        turn: of the session.
        drawn: what `draw` gives.
        results: how many components show the results.
    """
    mine = turn.start()
    session, unchanged = None, [gr.skip()] * results
    try:
        yield [None, progress_line(), gr.update(visible=False), *unchanged, *_busy()]
        for session in drawn:
            if turn.number != mine:
                # Gradio sends the last of a generator's values again at its end: they must not cover the newer ones.
                yield [gr.skip()] * (3 + results + len(_busy()))
                return
            # From its end on, Stop would stop nothing: the curves are measured then.
            busy = _busy(stoppable=not session.last.ended)
            yield [session, progress_line(session.last), gr.update(visible=True), *view(session.findings), *busy]
    except Exception:
        if turn.number == mine:  # Gradio starts no `then` after an error, so the controls are freed here
            yield [gr.skip(), failed_line(session), gr.skip(), *unchanged, *no_downloads(), *_usable(True)]
        raise
    finally:
        if turn.number == mine:
            turn.running = False


def _stopped(session: Session | None, turn: Turn) -> str:
    turn.end()
    return stopped_line(session)


def _api(loader: ModelLoader):
    @shows_errors
    def explain(
        text: str,
        label: str = "",
        samples: int = Settings.samples,
        seed: int = 0,
        target: str = Settings.target,
        stock: bool = False,
    ) -> dict:  # Gradio documents what is given each time
        """Which words speak for a class in each model (an empty label: each model's own answer)."""
        end, last = time.monotonic() + current().explain_seconds, None
        for session in draw(loader, text, label, samples, seed, target, stock):
            last = session
            yield {}  # so that Gradio can end it where the client is gone
            if time.monotonic() > end:
                break
        yield last.measure().findings.to_json()

    return explain


def _asking(ask):
    @shows_errors
    def asked(session: Session | None):
        return _shown(None if session is None else ask(session))

    return asked


@shows_errors
def _refit(session: Session | None, label: str):
    return _shown(None if session is None else session.refit(label or None))


def _shown(session: Session | None) -> list | dict:
    """Session, class in the dropdown, and results."""
    if session is None:
        return gr.skip()
    labels = {each.label for each in session.findings.explanations}
    return [session, labels.pop() if len(labels) == 1 else "", *view(session.findings)]


def _finished(session: Session | None, turn: Turn, cache: str) -> list | dict:
    """Numbers, curves, files and controls at the end of a sampling, of a stopped one too, or after a switch."""
    if session is not None and session.last.ended and not turn.running:
        session = session.measure()
    if turn.running:  # another text's turn, perhaps since the measuring began
        return gr.skip()
    if session is None:
        return [gr.skip(), gr.skip(), *no_downloads(), *_usable(True)]
    findings = session.findings
    return [*measured_view(findings, note_on(findings)), *downloads(findings, cache), *_usable(True)]


def _busy(stoppable: bool = True) -> list[dict]:
    """Files and controls while samples are drawn; not `stoppable` while only the curves are measured."""
    return [*no_downloads(), *_usable(False, stoppable)]


def _usable(ready: bool, stoppable: bool = False) -> list[dict]:
    """The controls: those that ask the samples when they are ready, Stop before."""
    return [*[gr.update(interactive=ready)] * (1 + len(SWITCHES)), gr.update(interactive=stoppable)]


def _classes(loader: ModelLoader) -> tuple[dict, gr.Timer]:
    """The classes to choose from as soon as a model is ready."""
    try:
        labels = loader.classifiers()[0].labels
    except ModelError:  # the line at the top says so
        labels = ()
    return gr.update(choices=[OWN, *labels]), gr.Timer(active=not loader.progress().finished)


def _lay_out_inputs() -> tuple:
    """Text, class, options, and the buttons Explain and Stop."""
    text = build_text_box("Text to explain", "explain-text")
    label = gr.Dropdown([OWN], value="", label="Class to explain", elem_id="explain-class")
    with gr.Row():
        run = gr.Button("Explain", variant="primary", scale=3, elem_id="explain")
        stop = gr.Button("Stop", scale=1, interactive=False, elem_id="explain-stop")
    with gr.Accordion("Options", open=False):
        options = [
            gr.Slider(
                current().min_samples,
                current().max_samples,
                min(Settings.samples, current().max_samples),
                step=50,
                label="Samples at most (calls of each model)",
            ),
            gr.Number(Settings.seed, label="Seed", precision=0, minimum=0, maximum=MAX_SEED),
            gr.Radio(list(TARGETS), value=Settings.target, label="What is fitted"),
            gr.Checkbox(label="As stock LIME: its sampling, weights and fit, on the whole text, to the last sample"),
        ]
    return text, label, options, run, stop


def _lay_out_results() -> tuple[list, list, list]:
    """Switches, results and files, below the texts that they belong to."""
    texts = gr.HTML(elem_id="explain-texts")
    with gr.Row():
        switches = [gr.Button(name, size="sm", min_width=150) for name in SWITCHES]
    heading, drawn = gr.Markdown(), gr.HTML(elem_id="explain-bars")
    gr.Markdown("### How alike, and how faithful")
    numbers, curves = gr.HTML(elem_id="explain-numbers"), gr.HTML(elem_id="explain-curves")
    table = gr.Dataframe(
        interactive=False,
        datatype=["str", *["number"] * 10, "str"],
        column_widths=WIDTHS,
        max_height=420,
        label="All words",
        elem_id="explain-table",
    )
    with gr.Row():
        files = [
            gr.DownloadButton("Download the table as CSV", interactive=False, elem_id="explain-csv"),
            gr.DownloadButton("Download the page as HTML", interactive=False, elem_id="explain-html"),
        ]
    return switches, [texts, heading, drawn, numbers, curves, table], files
