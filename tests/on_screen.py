"""The code that a lesson shows, run as a student pastes it: in a fresh namespace."""

import contextlib
import io


def printed(code: str) -> str:
    """Return what the code prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(code, "on screen", "exec"), {})
    return said.getvalue()
