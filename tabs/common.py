"""What the tabs share: errors as sentences, numbers as text, and files to download."""

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
    """Wrap an event handler (a function or a generator) so that a BakeoffError reaches the visitor as its sentence.

    A fault of the program is logged without its message.
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
        sentence = "The program has a fault here; its log says more."
        raise gr.Error(sentence, title="Can't do that", print_exception=False) from None


def percent(share: float) -> str:
    """A probability as text, such as 97.3 %."""
    return f"{share:.1%}".replace("%", " %")


def milliseconds(seconds: float) -> str:
    """A duration as text, such as 8.4 ms."""
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:,.0f} ms"


def plain(text: str) -> str:
    """A text as Markdown that shows just its characters: no markup, and no address becomes a link."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!<>|~$&:@" else character for character in text)


def absence(name: str, failures: Mapping[str, str]) -> str:
    """Why a framework gives no answer, as a sentence in Markdown: it is still loading, or it failed and what to do.

    Args:
        name: of the framework.
        failures: the reasons by name, as `ModelLoader.failures` has them.
    """
    if name not in failures:
        return f"{name} is still loading."
    reason = plain(failures[name].removesuffix("."))
    return f"{name} failed to load ({reason}) and won't answer until that is put right and the app is started again."


def download(content: bytes, name: str, cache_dir: str) -> dict:
    """Return the update of a download button: with the file, or disabled where the server has no room for it."""
    try:
        return gr.update(value=save(content, name, cache_dir), interactive=True)
    except uploads.NoRoom as error:
        gr.Warning(str(error))
        return gr.update(value=None, interactive=False)


def save(content: bytes, name: str, cache_dir: str) -> str:
    """Write a file to download; its path is in Gradio's cache, which is cleaned as the app runs.

    Raises:
        NoRoom: the server keeps no more files for now.
    """
    with uploads.write(len(content)), tempfile.TemporaryDirectory(prefix="bakeoff-") as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return save_file_to_cache(path, cache_dir)
