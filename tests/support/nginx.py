"""Run a real nginx on loopback in front of a server, with files in a temporary folder and without root.

It is Debian's nginx-light, which `.ci/run` installs.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.serving import Served

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# docs/proxy.md has the same lines, and a test compares them.
DOCUMENTED = (
    "proxy_http_version 1.1",
    "proxy_set_header Host $http_host",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
    "proxy_set_header X-Forwarded-Proto $scheme",
    "proxy_buffering off",
    "proxy_read_timeout 300s",
    "client_max_body_size 6m",
)
BARE = ("proxy_http_version 1.1",)  # nginx's default `Host`: the upstream's address
NO_PORT = ("proxy_set_header Host $host",)
PASSED_ON = ("proxy_set_header X-Forwarded-For $http_x_forwarded_for",)  # forwards the client's own header unchanged

CONFIG = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {location} {{
            proxy_pass http://127.0.0.1:{upstream}{target};
            {lines};
        }}
    }}
}}
"""


@contextmanager
def nginx(
    folder: Path, upstream: int, lines: Sequence[str] = DOCUMENTED, prefix: str = "", strip=True
) -> Iterator[Served]:
    """Run nginx in front of a port.

    Args:
        folder: A new folder for its files.
        upstream: The port of the server behind it.
        lines: The directives of its location.
        prefix: The path below which it forwards requests.
        strip: Whether it removes the prefix.
    """
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    target = "/" if strip else ""
    config = folder / "nginx.conf"
    text = CONFIG.format(
        folder=folder,
        user="user root;" if os.geteuid() == 0 else "",
        port=port,
        location=f"{prefix}/",
        upstream=upstream,
        target=target,
        lines=";\n".join(lines),
    )
    config.write_text(text, encoding="utf-8")
    process = subprocess.Popen([NGINX, "-e", str(folder / "early.log"), "-p", str(folder), "-c", str(config)])
    try:
        _wait(port, process)
        yield Served(port)
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, "nginx ended"
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("nginx does not listen")
