"""The tab Explain shows which words push each model towards its answer, and which push the two models apart."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gradio as gr

from bakeoff.common.errors import ModelError
from bakeoff.common.limits import check_samples, check_seed, check_text, current
from explain.lime_text.explanation import Settings
from explain.session import Session, sessions
from service.work.model_loader import ModelLoader
from tabs.common import shows_errors
from tabs.explain_layout import OWN, lay_out_inputs, lay_out_results
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
from tabs.text_box import build_examples

SWITCHES: dict[str, Callable[[Session], Session]] = {  # what can be computed from samples that are already drawn
    "Each model's own answer": lambda session: session.refit(None),
    "PyTorch's answer": lambda session: session.refit(session.answer_of("PyTorch")),
    "TensorFlow's answer": lambda session: session.refit(session.answer_of("TensorFlow")),
    "Explain the disagreement": Session.disagreement,
}
REFRESH_SECONDS = 2.0
AT_ONCE = {"concurrency_limit": 2, "concurrency_id": "explain"}  # leaves the processor to predictions
QUIET = {"show_progress": "hidden", "api_visibility": "private"}  # results stay visible while they are refined


@dataclass(frozen=True)
class ExplainTab:
    """The parts of this tab that other tabs need to open a text in it.

    Attributes:
        text: The text box.
        start: A number. Changing it starts the explanation of the text.
    """

    text: gr.Textbox
    start: gr.State

    def open_on(self, event: Callable, source: gr.Textbox | gr.State, tabs: gr.Tabs) -> None:
        """Let an event of another tab open the text of `source` in this tab and explain it.

        Args:
            event: The event, such as a button's `click`.
            source: The component that holds the text.
            tabs: The group of tabs in which this tab has the id "explain".
        """

        @shows_errors
        def open_here(text: str, start: int):
            return gr.Tabs(selected="explain"), check_text(text), start + 1

        event(open_here, [source, self.start], [tabs, self.text, self.start], **QUIET)


@dataclass(eq=False)
class Turn:
    """The explanation that a session shows. An explanation ends when another one starts.

    Attributes:
        number: The number of the newest explanation, or of the stop after it.
        running: Whether that explanation is still being sampled.
    """

    number: int = 0
    running: bool = False

    def start(self) -> int:
        """Start an explanation, which ends all earlier ones, and return its number."""
        self.number += 1
        self.running = True
        return self.number

    def end(self) -> None:
        """End all explanations."""
        self.number += 1
        self.running = False


def build_explain_tab(loader: ModelLoader) -> ExplainTab:
    """Lay out the tab and connect its events."""
    gr.api(_api(loader), api_name="explain", **AT_ONCE)  # first, because events claim names too
    text, label, options, run, stop = lay_out_inputs()
    progress = gr.HTML(elem_id="explain-progress")
    with gr.Column(visible=False) as shown:
        switches, results, files = lay_out_results(SWITCHES)
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
    # "multiple": a text from another tab ends the running explanation (see Turn). "once" would drop that text.
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
    """Sample and explain, round by round. All inputs are checked before the first round.

    Raises:
        InputError: The text, the class or a setting is outside the limits.
        ModelError: No model is ready.
    """
    settings = Settings(check_samples(samples), target=str(target), stock=bool(stock), seed=check_seed(seed))
    return sessions(check_text(text), loader.classifiers(), str(label or "") or None, settings)


def explained(turn: Turn, drawn: Iterator[Session], results: int) -> Iterator[list]:
    """Yield the values of the components, round by round, until another explanation of the session starts.

    Args:
        turn: The turn of the session.
        drawn: The rounds, from `draw`.
        results: The number of components that show results.
    """
    mine = turn.start()
    session, unchanged = None, [gr.skip()] * results
    try:
        yield [None, progress_line(), gr.update(visible=False), *unchanged, *_busy()]
        for session in drawn:
            if turn.number != mine:
                # Gradio resends a generator's last values at its end, and they must not overwrite newer ones.
                yield [gr.skip()] * (3 + results + len(_busy()))
                return
            # After the last round only the curves are measured, which Stop does not interrupt.
            busy = _busy(stoppable=not session.last.ended)
            yield [session, progress_line(session.last), gr.update(visible=True), *view(session.findings), *busy]
    except Exception:
        if turn.number == mine:  # Gradio skips `then` after an error, so enable the controls here
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
    def explain(  # type: ignore[misc]
        text: str,
        label: str = "",
        samples: int = Settings.samples,
        seed: int = 0,
        target: str = Settings.target,
        stock: bool = False,
    ) -> dict:  # Gradio documents the type of one yielded value
        """Find the words that push each model towards a class. An empty label means each model's own answer."""
        end, last = time.monotonic() + current().explain_seconds, None
        for session in draw(loader, text, label, samples, seed, target, stock):
            last = session
            yield {}  # Gradio can stop here if the client has left
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
    """Return the session, the class in the dropdown, and the results."""
    if session is None:
        return gr.skip()
    labels = {explanation.label for explanation in session.findings.explanations}
    return [session, labels.pop() if len(labels) == 1 else "", *view(session.findings)]


def _finished(session: Session | None, turn: Turn, cache: str) -> list | dict:
    """Return numbers, curves, files and controls after sampling has ended or was stopped, or after a switch."""
    if session is not None and session.last.ended and not turn.running:
        session = session.measure()
    if turn.running:  # another explanation has started, perhaps during the measurement
        return gr.skip()
    if session is None:
        return [gr.skip(), gr.skip(), *no_downloads(), *_usable(True)]
    findings = session.findings
    return [*measured_view(findings, note_on(findings)), *downloads(findings, cache), *_usable(True)]


def _busy(stoppable: bool = True) -> list[dict]:
    """Disable files and controls during sampling. `stoppable` is false while only the curves are measured."""
    return [*no_downloads(), *_usable(False, stoppable)]


def _usable(ready: bool, stoppable: bool = False) -> list[dict]:
    """Enable the controls that need samples if they are `ready`, and Stop if it is `stoppable`."""
    return [*[gr.update(interactive=ready)] * (1 + len(SWITCHES)), gr.update(interactive=stoppable)]


def _classes(loader: ModelLoader) -> tuple[dict, gr.Timer]:
    """Offer the classes as soon as a model is ready."""
    try:
        labels = loader.classifiers()[0].labels
    except ModelError:  # the status line says so
        labels = ()
    return gr.update(choices=[OWN, *labels]), gr.Timer(active=not loader.progress().finished)
