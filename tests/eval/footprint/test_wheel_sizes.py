"""Test `eval.footprint.wheel_sizes` on real wheels behind a real HTTP server, with and without ranges."""

import http.server
import threading
import zipfile

import pytest

from eval.footprint import wheel_sizes
from eval.footprint.resolve import NotSized
from eval.footprint.wheel_sizes import Size


class Ranges(http.server.BaseHTTPRequestHandler):
    """Sends ranges of one file, counts the bytes, and follows the file's wish to know no ranges."""

    def do_GET(self):
        content, wanted = self.server.content, self.headers.get("Range")
        if self.path == "/moved.whl":
            self.send_response(302)
            self.send_header("Location", "/a.whl")
            self.end_headers()
            return
        if self.path == "/absent.whl":
            self.send_error(404)
            return
        first, _, last = (wanted or "").removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - int(last or 0))
        end = int(last) + 1 if first and last else len(content)
        part = content if self.path == "/whole.whl" else content[start:end]
        self.send_response(200 if self.path == "/whole.whl" else 206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.server.sent += len(part)
        self.wfile.write(part)

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def wheel(tmp_path):
    """Write a wheel of 4 MB that can't be compressed, 2 MB of zeros, and a long table of contents."""
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/zeros", b"\0" * 2_000_000)
        archive.writestr(zipfile.ZipInfo("a/stored"), bytes(range(256)) * 16_000)
        for number in range(2000):
            archive.writestr(f"a/{'long' * 10}{number}", b"x")
    return path


@pytest.fixture
def server(wheel):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as server:
        server.content, server.sent = wheel.read_bytes(), 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.address = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


UNPACKED = 2_000_000 + 256 * 16_000 + 2000


@pytest.mark.parametrize("name", ["a.whl", "moved.whl"])
def test_a_wheel_is_sized_from_its_end(server, wheel, name):
    assert wheel_sizes.measure(f"{server.address}/{name}") == Size(UNPACKED, wheel.stat().st_size)
    assert server.sent < 500_000 < wheel.stat().st_size


def test_a_local_wheel_is_sized_too(wheel):
    assert wheel_sizes.measure(wheel.as_uri()) == Size(UNPACKED, wheel.stat().st_size)


@pytest.mark.parametrize(("name", "words"), [("whole.whl", "only whole files"), ("absent.whl", "HTTP status 404")])
def test_a_server_that_sends_no_range_gives_a_sentence_without_its_address(server, name, words):
    with pytest.raises(NotSized, match=words) as caught:
        wheel_sizes.measure(f"{server.address}/{name}")
    assert "127.0.0.1" not in str(caught.value)


def test_a_network_out_of_reach_gives_a_sentence_without_the_address():
    with pytest.raises(NotSized, match="a.whl can't be read .ConnectionRefusedError.; check the network"):
        wheel_sizes.measure("http://127.0.0.1:9/a.whl")


def test_a_file_that_is_no_wheel_gives_a_sentence(tmp_path):
    (tmp_path / "b.whl").write_bytes(b"no zip")
    with pytest.raises(NotSized, match="b.whl can't be read .BadZipFile"):
        wheel_sizes.measure((tmp_path / "b.whl").as_uri())
