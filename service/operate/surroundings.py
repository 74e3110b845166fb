"""Checks at the start what the process needs from its environment, and reports what is missing in a sentence."""

import multiprocessing
import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from bakeoff.common.errors import BakeoffError

LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::")  # the last two are reached at loopback too


def keep_loopback_from_proxies(*hosts: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Exclude this machine from the environment's proxies, because `launch()` sends requests to its own server.

    Args:
        hosts: Further names of this machine.
        environment: The environment variables. `no_proxy` takes precedence over `NO_PROXY`.
    """
    excluded = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = [name.strip() for name in excluded.split(",") if name.strip()]
    if "*" not in names:
        names += [name for name in dict.fromkeys((*LOOPBACK, *hosts)) if name not in names]
    environment["no_proxy"] = environment["NO_PROXY"] = ",".join(names)


def check_for_page() -> None:
    """Check what Gradio needs when it is imported and when the page is built.

    Raises:
        BakeoffError: There is no folder for temporary files or no shared memory, or a setting for HTTP is invalid.
    """
    _check_temporary_folder(os.environ.get("GRADIO_TEMP_DIR"))
    _check_shared_memory()
    _check_http()


def _check_temporary_folder(folder: str | None) -> None:
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder or None):
            return
    except OSError as error:
        where = f"in {folder} ($GRADIO_TEMP_DIR)" if folder else "in $TMPDIR or /tmp"
        raise BakeoffError(
            f"the page needs a folder for uploaded files, and nothing can be written {where} "
            f"({error.strerror or error}); name a folder with GRADIO_TEMP_DIR, or serve the API alone with --api-only."
        ) from error


def _check_shared_memory() -> None:
    try:
        multiprocessing.Lock()
    except (OSError, ImportError) as error:
        raise BakeoffError(
            f"the page needs a lock in shared memory, and there is none ({error}): mount /dev/shm as a tmpfs, or serve "
            "the API alone with --api-only."
        ) from error


def _check_http() -> None:
    """Create an HTTP client as Gradio does when it is imported."""
    import httpx  # a dependency of Gradio

    try:
        httpx.Client().close()
    except ImportError as error:
        raise BakeoffError(
            f"a proxy of the environment can't be used ({error}) Unset ALL_PROXY, HTTP_PROXY and HTTPS_PROXY, or "
            'install what it needs: pip install "httpx[socks]".'
        ) from error
    except (OSError, ValueError, httpx.InvalidURL) as error:
        raise BakeoffError(
            f"the environment's settings for HTTP can't be used ({type(error).__name__}: {error}): expected "
            "SSL_CERT_FILE and SSL_CERT_DIR to name existing paths, and HTTP_PROXY, HTTPS_PROXY and ALL_PROXY an "
            "address such as http://proxy.example:3128; correct or unset them."
        ) from error
