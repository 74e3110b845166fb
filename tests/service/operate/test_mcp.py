"""Test the MCP server with its real client: who is admitted, which tools exist, and that calls are answered."""

import asyncio
import base64
import json
import re

import pytest

pytest.importorskip("mcp", reason='the package mcp is missing: pip install "gradio[mcp]"')

import httpx
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from service.guard.access import Access
from service.guard.clients import RateLimit
from service.operate.settings import Settings
from tests.support.fetching import MCP, called
from tests.tabs.test_served_page import launched, log_in

LOGIN, TOKEN = ("anna", "pass:word"), "0123456789abcdef0123"
BASIC = f"Basic {base64.b64encode(':'.join(LOGIN).encode()).decode()}"
BEARER = f"Bearer {TOKEN}"
ACCEPT = {"Accept": "application/json, text/event-stream"}
TEXT = {"text": "tech in other words"}


@pytest.fixture(scope="module")
def locked():
    access = Access(LOGIN, (TOKEN,))
    with launched(Settings(access), auth=access.check_login, mcp_server=True) as server:
        yield server


async def by_stream(url, headers):
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as http,
        streamable_http_client(f"{url}{MCP}", http_client=http) as (read, write, _),
    ):
        return await talk(read, write)


async def by_events(url, headers):
    async with sse_client(f"{url}{MCP}sse", headers=headers) as (read, write):
        return await talk(read, write)


async def talk(read, write):
    """Return the names of the tools, and the answers of three."""
    async with ClientSession(read, write) as session:
        await session.initialize()
        names = {tool.name for tool in (await session.list_tools()).tools}
        steps = []

        async def note(progress, total, message):
            steps.append(message)

        answers = [
            await session.call_tool("predict", TEXT),
            await session.call_tool("explain", TEXT | {"samples": 50}, progress_callback=note),
            await session.call_tool("decide", {}),
        ]
        return names, answers, steps


@pytest.mark.parametrize("headers", [{"Authorization": BASIC}, {"Authorization": BEARER}], ids=["basic", "bearer"])
@pytest.mark.parametrize("transport", [by_stream, by_events])
def test_the_api_s_credentials_list_and_call(locked, transport, headers):
    names, answers, steps = asyncio.run(transport(locked.url, headers))
    assert names == {"predict", "explain", "report", "decide", "describe", "check_parity"}
    assert not any(answer.isError for answer in answers), answers
    assert "'agree': True" in answers[0].content[0].text
    assert steps


def test_no_other_credentials_do(locked):
    for given in ({}, {"Authorization": "Bearer wrong"}):
        for path in (MCP, f"{MCP}sse", f"{MCP}schema", f"{MCP}messages/"):
            locked.service.logins.succeeded("127.0.0.1")
            assert locked.post(path, called("predict", **TEXT), **given, **ACCEPT).status == 401
    locked.service.logins.succeeded("127.0.0.1")


def test_a_caller_s_own_headers_change_nothing(locked):
    """Otherwise the caller's cookie would replace the server's, and its Host would be taken for the server's."""
    odd = {"Cookie": "a=b", "Host": "bakeoff.example", "X_Forwarded_For": "1.2.3.4", "X_Forwarded_Host": "a.example"}
    assert agrees(locked.post(MCP, called("predict", **TEXT), Authorization=BEARER, **ACCEPT, **odd))


def test_a_visitor_who_logs_out_ends_no_call(locked):
    cookies = re.findall(r"access-token[^=]*=[^;]+", log_in(locked, *LOGIN).headers["set-cookie"])
    assert locked.get("/config", Cookie=cookies[0]).status == 200
    locked.get("/logout", Cookie=cookies[0])
    assert locked.get("/config", Cookie=cookies[0]).status == 401
    assert agrees(locked.post(MCP, called("predict", **TEXT), Authorization=BEARER, **ACCEPT))


def test_a_tool_that_takes_a_file_is_not_there(locked):
    body = called("classify_file", column="", only=False)
    answer = locked.post(MCP, body, Authorization=BEARER, **ACCEPT)
    assert "Unknown tool" in result(answer)["content"][0]["text"]
    schema = locked.get(f"{MCP}schema", Authorization=BEARER).json()
    assert "classify_file" not in {tool["name"] for tool in schema}


def test_a_call_counts_once_and_passes_no_proxy(monkeypatch):
    """The server's own calls come from one address, which all callers would share."""
    with launched(Settings(requests_per_minute=2), mcp_server=True) as server:
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        server.service.rate = RateLimit(2, lambda: 30.0)
        for _ in range(2):
            assert agrees(server.post(MCP, called("predict", **TEXT), **ACCEPT))
        assert server.post(MCP, called("predict", **TEXT), **ACCEPT).error["code"] == "rate_limited"


def test_a_forged_cookie_passes_no_limit(locked, monkeypatch):
    monkeypatch.setattr(locked.service, "rate", RateLimit(1, lambda: 30.0))
    cookie = re.findall(r"access-token[^=]*=", log_in(locked, *LOGIN).headers["set-cookie"])[0]
    answer = locked.post("/gradio_api/queue/join", {"data": []}, Cookie=f"{cookie}forged")
    assert answer.error["code"] == "rate_limited"


def agrees(answer):
    return not result(answer)["isError"] and "'agree': True" in result(answer)["content"][0]["text"]


def result(answer):
    assert answer.status == 200, answer
    line = next(line for line in answer.body.decode().splitlines() if line.startswith("data: "))
    return json.loads(line.removeprefix("data: "))["result"]
