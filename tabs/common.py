"""Helpers that all tabs share: errors as sentences, numbers as text, and files to download."""

import functools
import html
import inspect
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_file_to_cache

from bakeoff.common.errors import BakeoffError
from service.guard import uploads
from service.operate.json_log import described

log = logging.getLogger(__name__)


def shows_errors(handler: Callable) -> Callable:
    """Wrap an event handler, a function or a generator, so that a visitor reads the sentence of a BakeoffError.

    Other exceptions are logged without their messages.
    """
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def wrapped(*args, **kwargs):
            with _shown():
                yield from handler(*args, **kwargs)
    else:

        @functools.wraps(handler)
        def wrapped(*args, **kwargs):
            with _shown():
                return handler(*args, **kwargs)

    return wrapped


@contextmanager
def _shown() -> Iterator[None]:
    try:
        yield
    except BakeoffError as error:
        sentence = html.escape(str(error), quote=False)
        raise gr.Error(sentence, title="Can't do that", print_exception=False) from error
    except gr.Error:
        raise
    except Exception as error:  # noqa: BLE001  Gradio would print it, and its message may quote a visitor's text
        log.error("a fault in a function of the page: %s", described(error))
        sentence = "The program failed because of a bug. Its log names the error."
        raise gr.Error(sentence, title="Can't do that", print_exception=False) from None


def percent(share: float) -> str:
    """Return a probability as text, such as 97.3 %."""
    return f"{share:.1%}".replace("%", " %")


def milliseconds(seconds: float) -> str:
    """Return a duration as text, such as 8.4 ms."""
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:,.0f} ms"


def plain(text: str) -> str:
    """Escape a text so that Markdown shows its characters: nothing becomes markup and no address becomes a link."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!<>|~$&:@" else character for character in text)


def absence(name: str, failures: Mapping[str, str]) -> str:
    """Return why a framework gives no answer, as Markdown: it is still loading, or it failed to load.

    Args:
        name: The name of the framework.
        failures: The reasons by framework, as in `ModelLoader.failures`.
    """
    if name not in failures:
        return f"{name} is still loading."
    reason = plain(failures[name].removesuffix("."))
    return f"{name} failed to load ({reason}) and gives no answers. Correct this and restart the app."


def download(content: bytes, name: str, cache_dir: str) -> dict:
    """Return the update of a download button: its file, or a disabled button if the server has no space for it."""
    try:
        return gr.update(value=save(content, name, cache_dir), interactive=True)
    except uploads.NoRoom as error:
        gr.Warning(str(error))
        return gr.update(value=None, interactive=False)


def save(content: bytes, name: str, cache_dir: str) -> str:
    """Write a file to Gradio's cache, which is cleaned while the app runs, and return its path.

    Raises:
        NoRoom: The server has no space for more files at present.
    """
    with uploads.write(len(content)), tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return save_file_to_cache(path, cache_dir)
