"""Try to make a server fetch a URL: `unshare -n python -m tests.support.fetching`.

The namespace has one public address beside loopback. A server there records the requests that it gets. The command
prints JSON: `statuses` per visitor's request, and `fetched`, the requested paths.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "11.11.11.11"
SETUP = (["ip", "link", "set", "lo", "up"], ["ip", "address", "add", f"{HOST}/32", "dev", "lo"])
CONTROL = "/control.csv"  # the test requests this path itself, which shows that requests are recorded
MCP = "/gradio_api/mcp/"
SPELLINGS = {
    "plain": "http://{}",
    "with TLS": "https://{}",
    "in capitals": "HTTP://{}",
    "after blanks": " \t http://{}",
    "after a control character": "\x01http://{}",
    "with a line break inside": "ht\ntp://{}",
    "after an invisible character": "\u200bhttp://{}",
    "without a scheme": "//{}",
    "with backslashes": "\\\\{}",
    "by another scheme": "ftp://{}",
    "as a file": "file:///{}",
    "by data": "data:text/csv;base64,{}",
}


def file_at(path: str, **more: Any) -> dict[str, Any]:
    """Return what Gradio accepts as a file."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def bodies(host: str = HOST) -> dict[str, tuple[str, Any]]:
    """Return, by name, the route and body of each request that contains a URL of this host."""
    calls = {name: file_at(spelling.format(f"{host}/a.csv")) for name, spelling in SPELLINGS.items()}
    address = f"http://{host}/b.csv"
    calls["as a URL"] = file_at("/a.csv", url=address)
    calls["as a URL like the page's"] = file_at("/a.csv", url=f"http://{host}/gradio_api/file=/b.csv")
    calls["deep in lists"] = [[{"a": [file_at(address)]}]]
    calls["as an old file"] = {"path": address}
    found = {name: ("/gradio_api/call/predict_file", {"data": [file, "", False]}) for name, file in calls.items()}
    data = [file_at(address), "", ""]
    found["to evaluate"] = ("/gradio_api/call/evaluate_file", {"data": data})
    found["by the second version"] = (
        "/gradio_api/call/v2/predict_file",
        {"path": data[0], "column": "", "only": False},
    )
    found["in place of a text"] = ("/gradio_api/call/predict", {"data": data[:1]})
    found["through the queue"] = ("/gradio_api/queue/join", {"data": data, "fn_index": 5, "session_hash": "a"})
    found["past the queue"] = ("/gradio_api/run/predict_file", {"data": data})
    found["with an event"] = ("/gradio_api/queue/join", {"data": [], "fn_index": 5, "event_data": data[0]})
    for tool in ("classify_file", "evaluate_the_file"):
        found[f"to the tool {tool}"] = (MCP, called(tool, path=address, column=""))
        found[f"as a file to the tool {tool}"] = (MCP, called(tool, path=file_at(address), column=""))
    found["to a tool of texts"] = (MCP, called("predict", text=file_at(address)))
    return found


def called(tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the body of an MCP tool call."""
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def pages(host: str = HOST) -> dict[str, str]:
    """Return, by name, each path of Gradio that would serve another host's content."""
    names = {"as a file": "file=http://", "with TLS": "file=https://", "in capitals": "file=HTTP://"}
    names |= {"encoded": "file=%68ttp%3A//", "as an old file": "file/http://", "through the proxy": "proxy=http://"}
    return {f"asked for {name}": f"/gradio_api/{start}{host}/c.csv" for name, start in names.items()}


class Noting(BaseHTTPRequestHandler):
    """A handler that answers with a table and records each request."""

    fetched: list[str] = []

    def do_GET(self) -> None:
        """Answer with a table."""
        self.fetched.append(self.path)
        content = b"text\ntech\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815  as its base class calls it

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def main() -> int:
    """Send requests as a visitor, wait until the server has done its work, and print the outcome."""
    for command in SETUP:
        subprocess.run(command, check=True)
    other = ThreadingHTTPServer((HOST, 80), Noting)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    control = http.client.HTTPConnection(HOST, timeout=10)
    control.request("GET", CONTROL)
    control.getresponse().read()
    print(json.dumps({"statuses": asked(), "fetched": Noting.fetched}), file=sys.__stdout__)
    return 0


def asked() -> dict[str, int]:
    """Send every request, wait until accepted work is done, and return the statuses."""
    from service.guard import uploads
    from tests.tabs.test_served_page import launched

    statuses = {}
    accepts = {"Accept": "application/json, text/event-stream"}
    with launched(mcp_server=True) as server:
        for name, (path, body) in bodies().items():
            answer = server.post(path, body, **accepts)
            statuses[name] = answer.status
            if answer.status == 200 and b"event_id" in answer.body and "/call/" in path:
                server.get(f"{path}/{answer.json()['event_id']}")  # the response ends with the event
        for name, path in pages().items():
            statuses[name] = server.get(path).status
        time.sleep(1)  # for events in the queue that no client waits for
        assert not list(Path(os.environ[uploads.VARIABLE]).rglob("[abc].csv"))
    return statuses


if __name__ == "__main__":
    sys.exit(main())
