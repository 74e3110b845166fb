"""Import libraries and load models without Python's search for cyclic garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the search for cyclic garbage inside the block, and exclude what exists at its end from later searches.

    Objects made by an import live as long as the process. Searching them repeatedly takes a sixth of the time to import
    both frameworks, and would make a visitor wait later (figures in docs/tried.md). Don't use it in two threads at
    once: the first to end turns the search on for both.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
