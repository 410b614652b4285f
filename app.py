"""The server: `uv run streamlit run app.py`."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

# training has the accelerator to itself: the pages compute on the CPU, and a worker that they start
# knows by the mark that this does not hold for it
if "JAX_PLATFORMS" not in os.environ:
    os.environ |= {"JAX_PLATFORMS": "cpu", "CLV_PAGES_ON_CPU": "1"}

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clvcore.runs.reading import sweep
from clvcore.runs.spare import spares
from clvcore.runs.workspace import Workspace

Workspace.default().keep_compiled()  # the pages, which import jax, come later

SPARES = 2
"""Readers that wait for an upload, of some 60 MB each: as many as there are files at once, as a rule."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class SecurityHeaders:
    """Tell browsers not to guess types, not to frame us, and not to tell others where we are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with our headers on every response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers)


async def ready(request: Request) -> PlainTextResponse:
    """Answer whoever asks whether the server is up."""
    del request
    return PlainTextResponse("ready")


@asynccontextmanager
async def lifespan(_: object) -> AsyncGenerator[None]:
    """Clear away what a server that was killed has left, and let readers of uploads get ready."""
    sweep()
    spares().keep(SPARES)
    yield
    spares().keep(0)


app = st.App(
    Path(__file__).with_name("pages") / "shell.py",
    lifespan=lifespan,
    routes=[Route("/ready", ready)],
    middleware=[Middleware(SecurityHeaders)],
)

if __name__ == "__main__":
    app.run()
