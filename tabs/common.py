"""What the tabs share: errors as sentences, numbers as text, and files to download."""

import functools
import html
import inspect
import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_file_to_cache

from errors import BakeoffError


def shows_errors(handler: Callable) -> Callable:
    """Wrap an event handler (a function or a generator) so that a BakeoffError reaches the visitor as its sentence."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def wrapped(*args, **kwargs):
            try:
                yield from handler(*args, **kwargs)
            except BakeoffError as error:
                raise gr.Error(
                    html.escape(str(error), quote=False), title="Can't do that", print_exception=False
                ) from error
    else:

        @functools.wraps(handler)
        def wrapped(*args, **kwargs):
            try:
                return handler(*args, **kwargs)
            except BakeoffError as error:
                raise gr.Error(
                    html.escape(str(error), quote=False), title="Can't do that", print_exception=False
                ) from error

    return wrapped


def percent(share: float) -> str:
    """A probability as text, such as 97.3 %."""
    return f"{share:.1%}".replace("%", " %")


def milliseconds(seconds: float) -> str:
    """A duration as text, such as 8.4 ms."""
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:,.0f} ms"


def plain(text: str) -> str:
    """A text as Markdown that shows just its characters: no markup, and no address becomes a link."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!<>|~$&:@" else character for character in text)


def save(content: bytes, name: str, cache_dir: str) -> str:
    """Write a file to download; its path is in Gradio's cache, which is cleaned as the app runs."""
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return save_file_to_cache(path, cache_dir)
