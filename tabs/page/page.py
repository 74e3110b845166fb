"""Build the page from its tabs and serve it."""

import html
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read at gradio's import; stops calls home

import gradio as gr

from bakeoff.common.limits import current
from service.work.model_loader import ModelLoader
from service.work.queued_models import QueuedModels
from service.work.work_queue import WorkQueue
from tabs.batch import build_batch_tab
from tabs.decide import build_decide_tab
from tabs.evaluate.tab import build_evaluate_tab
from tabs.explain import build_explain_tab
from tabs.models import build_models_tab
from tabs.page.address import use_host_of_page
from tabs.page.server import bounded_page
from tabs.predict import build_predict_tab

TITLE = "Bakeoff: PyTorch or TensorFlow for text classification?"
SUBTITLE = "The same BERT, fine-tuned in both frameworks with one recipe on the same batches. Compare the two models."
# System fonts: Gradio's own themes fetch theirs from an outside host.
THEME = gr.themes.Default(
    primary_hue="teal",
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)
CSS = """
:root, .gradio-container { --color-accent: #0f766e; }  /* Gradio's own accent has too little contrast on white */
.dark, .dark .gradio-container { --color-accent: #2dd4bf; }
.gradio-container table, .gradio-container [role="grid"] * { font-family: var(--font); }
.status { padding: .5rem .75rem; border: 1px solid var(--border-color-primary); border-radius: .5rem; }
.status progress { width: 100%; margin-top: .25rem; }
.status.failed { border-color: var(--error-border-color, #b91c1c); }
#decision-alert:not(:has(.decision)) { display: none; }  /* no gap without an error */
#decision-bundle { display: none; }  /* Gradio shows a hidden button when its hidden column appears */
"""
REFRESH_SECONDS = 1.0


def build(loader: ModelLoader, queue: WorkQueue | None = None, decision: Path | None = None) -> gr.Blocks:
    """Build the page on models that are loaded or still loading.

    Args:
        loader: The loader of the models.
        queue: The queue through which the models are called; None to make one.
        decision: A decision, or a folder of reports to make one from; None to offer published decisions only.
    """
    models = QueuedModels(loader, WorkQueue(current()) if queue is None else queue)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600)) as demo:
        gr.Markdown(f"# {TITLE}\n{SUBTITLE}")
        status = gr.HTML(elem_id="status")
        timer = gr.Timer(REFRESH_SECONDS)
        with gr.Tabs() as tabs:
            with gr.Tab("Predict", id="predict"):
                with gr.Tab("One text"):
                    text, explain_this = build_predict_tab(models)
                with gr.Tab("A file"):
                    build_batch_tab(models)
            with gr.Tab("Explain", id="explain"):
                explain = build_explain_tab(models)
                explain.open_on(explain_this.click, text, tabs)
            with gr.Tab("Evaluate", id="evaluate") as evaluate:
                build_evaluate_tab(models, evaluate, lambda event, text: explain.open_on(event, text, tabs))
            with gr.Tab("Decide", id="decide") as decide:
                build_decide_tab(models, demo, tabs, decide, decision)
            with gr.Tab("Models", id="models") as facts:
                build_models_tab(models, facts)

        def refresh():
            return status_line(loader), gr.Timer(active=not loader.progress().finished)

        gr.on([demo.load, timer.tick], refresh, None, [status, timer], show_progress="hidden", api_visibility="private")
    return demo


def status_line(loader: ModelLoader) -> str:
    """Return the loader's progress as HTML that a screen reader announces, with a progress bar until it ends."""
    progress = loader.progress()
    value = "" if progress.share is None else f' value="{progress.share:.3f}"'
    bar = "" if progress.finished else f'<progress{value} aria-label="progress"></progress>'
    state = "failed" if progress.failed else "going"
    return f'<div class="status {state}" role="status" aria-live="polite">{html.escape(progress.text)}{bar}</div>'


def serve(
    loader: ModelLoader, queue: WorkQueue | None = None, decision: Path | None = None, **settings: Any
) -> gr.Blocks:
    """Serve the page from a separate thread. `settings` are passed to `launch`."""
    use_host_of_page()
    demo = build(loader, queue, decision).queue(max_size=current().requests, api_open=False)
    with bounded_page(demo, current()) as bounds:
        demo.launch(
            theme=THEME,
            css=CSS,
            footer_links=[],
            ssr_mode=False,
            enable_monitoring=False,
            max_file_size=current().upload_bytes,
            prevent_thread_lock=True,
            **bounds,
            **settings,
        )
    return demo
