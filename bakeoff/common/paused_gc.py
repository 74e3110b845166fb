"""Import libraries and load models without Python's search for cyclic garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_gc() -> Iterator[None]:
    """No search for cyclic garbage meanwhile, and never again among what exists by then.

    What an import makes stays as long as the process does. Searching it again and again takes a sixth of the time to
    import both frameworks, and would make a visitor wait later (figures in docs/tried.md). Not for two threads
    at once: the first to end turns the search on for both.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
