"""The least that Gradio can serve: what `benchmarks.start` holds the app's page against.

python -m benchmarks.start.empty_page PORT
"""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # as in app.py: no calls home

import gradio as gr

if __name__ == "__main__":
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox(label="Text to classify")
    page.launch(server_port=int(sys.argv[1]), ssr_mode=False, footer_links=[])
