"""Measure the peak memory of a piece of work, beyond what the process already had."""

import threading
from collections.abc import Callable

import psutil

INTERVAL = 0.01  # seconds between two samples


def peak_extra_megabytes(work: Callable[[], object]) -> float:
    """Run the work, and return how many megabytes the process's resident memory grew at its peak."""
    process, done = psutil.Process(), threading.Event()
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(INTERVAL):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return (peak - before) / 1e6
