"""The classroom on this machine: a hall with a door to every lesson, and nothing that leaves the machine."""

import socket
import sys
import webbrowser
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from implicitbias.errors import BadInput
from paper_repro.classroom.lessons import Lesson, LESSONS
from paper_repro.report.environment import environment
from paper_repro.report.rendering import render, stylesheet


HOST = "127.0.0.1"
# marimo reads its settings from the project of a notebook: cells run when it is opened, not when a button is pressed.
SETTINGS = "[tool.marimo.runtime]\nauto_instantiate = true\n"
NEEDED = ("marimo", "anywidget")


def check_installed() -> None:
    """Refuse to begin without the libraries of the classroom.

    Raises
    ------
    BadInput
        Naming what is missing, and how to get it.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise BadInput(
            f"{' and '.join(missing)} is not installed: lessons run on marimo; pip install 'implicitbias[class]'"
        )


def free_port(port: int | None) -> int:
    """Return the port if nobody listens on it, or any free one for ``None``.

    Raises
    ------
    BadInput
        If the port is taken or is none.
    """
    if port is not None and not 1 <= port <= 65535:
        raise BadInput(f"port = {port}: must lie in 1 … 65535; leave --port out to take a free one")
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, port or 0))
        except OSError as error:
            raise BadInput(
                f"port = {port}: cannot be used ({error.strerror}); choose another, or leave --port out"
            ) from None
        return door.getsockname()[1]


def application() -> Any:
    """Return the ASGI application: the hall at ``/``, each lesson at ``/<name>/``."""
    import marimo
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Mount, Route

    builder = marimo.create_asgi_app(quiet=True, html_head=head())
    for lesson in LESSONS:
        builder = builder.with_app(path=f"/{lesson.name}", root=str(lesson.notebook))
    hall = HTMLResponse(hall_page())
    return Starlette(routes=[Route("/", lambda _: hall), Mount("/", builder.build())])


def hall_page() -> str:
    """Return the page with a door to every lesson."""
    return render("hall.html.jinja", lessons=LESSONS, style=stylesheet(), environment=environment())


def head() -> str:
    """Return what every lesson's page carries besides: type for the back row, and buttons for size and light."""
    return f"<style>{_beside('classroom.css')}</style><script>{_beside('look.js')}</script>"


def serve(lesson: Lesson | None, *, port: int, headless: bool) -> None:
    """Serve the classroom until Ctrl-C; open the hall, or one lesson, in the browser unless ``headless``."""
    import uvicorn

    address = f"http://{HOST}:{port}/" + (f"{lesson.name}/" if lesson else "")
    print(f"the classroom is at {address} (Ctrl-C closes it)", file=sys.stderr, flush=True)
    if not headless:
        webbrowser.open(address)
    uvicorn.run(application(), host=HOST, port=port, log_level="warning")


def editing(lesson: Lesson, folder: Path, *, port: int, headless: bool) -> list[str]:
    """Copy a lesson's notebook to a folder of the user, unless it is there, and return the command that opens it."""
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / lesson.notebook.name
    for path, text in (
        (own, lesson.notebook.read_text(encoding="utf-8")),
        (folder / "pyproject.toml", SETTINGS),
    ):
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    quiet = ["--skip-update-check", "--no-token", *(["--headless"] if headless else [])]
    return [sys.executable, "-m", "marimo", "edit", str(own), "--host", HOST, "--port", str(port), *quiet]


def _beside(name: str) -> str:
    return files("paper_repro.classroom").joinpath("look", name).read_text(encoding="utf-8")
