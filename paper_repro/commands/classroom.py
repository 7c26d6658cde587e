"""``paper-repro class``: lessons in the browser, served by this machine alone."""

import argparse
import json
import subprocess
from pathlib import Path

from implicitbias.archive import check_writable
from implicitbias.errors import BadInput
from paper_repro.classroom.lessons import lesson_named, LESSONS
from paper_repro.classroom.serving import check_installed, editing, free_port, serve


EXAMPLES = """examples:
  paper-repro class                      all lessons
  paper-repro class direction            one of them
  paper-repro class valley --edit        as a notebook, a copy of your own in out/class
  paper-repro class --list"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("lesson", nargs="?", help=f"one of {', '.join(lesson.name for lesson in LESSONS)}")
    parser.add_argument("--edit", action="store_true", help="open the lesson as a notebook of your own")
    parser.add_argument("--port", type=int, help="port on this machine (default: a free one)")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    parser.add_argument(
        "--out", type=Path, default=Path("out"), help="notebooks go to its class/ (default: out)"
    )
    parser.add_argument("--list", action="store_true", help="list the lessons and serve none")
    parser.add_argument("--json", action="store_true", help="the list as one JSON array")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve lessons until Ctrl-C, or open one as a notebook."""
    if options.list:
        return _list(options.json)
    lesson = lesson_named(options.lesson) if options.lesson else None
    check_installed()
    port = free_port(options.port)
    if not options.edit:
        serve(lesson, port=port, headless=options.headless)
        return 0
    if lesson is None:
        raise BadInput(
            "--edit opens one lesson as a notebook: name it, e.g. paper-repro class direction --edit"
        )
    folder = options.out / "class"
    check_writable("--out", folder)
    try:
        return subprocess.call(editing(lesson, folder, port=port, headless=options.headless))
    except KeyboardInterrupt:
        return 0  # this is how a notebook is closed


def _list(as_json: bool) -> int:
    rows = [{"name": lesson.name, "title": lesson.title, "question": lesson.question} for lesson in LESSONS]
    width = max(len(row["name"]) for row in rows)
    lines = [f"{row['name']:<{width}}  {row['title']}: {row['question']}" for row in rows]
    print(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
    return 0
