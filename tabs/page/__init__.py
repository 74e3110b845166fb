"""Assembling the tabs into one page, serving it, and the changes to Gradio that this needs."""
