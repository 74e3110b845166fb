"""Serve a minimal Gradio page, with which `benchmarks.start` compares the app's page.

python -m benchmarks.start.empty_page PORT
"""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # no telemetry, as in app.py

import gradio as gr

if __name__ == "__main__":
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox(label="Text to classify")
    page.launch(server_port=int(sys.argv[1]), ssr_mode=False, footer_links=[])
