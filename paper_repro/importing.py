"""Modules of others, imported because somebody names them: what goes wrong is told in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from implicitbias.errors import BadInput


@contextmanager
def explained(given: str, place: str) -> Iterator[None]:
    """Turn the failure of importing ``place`` into one line that begins with what was ``given``.

    Raises
    ------
    BadInput
        If there is no such module, it needs one that is not there, or importing it raised.
    """
    try:
        yield
    except BadInput:
        raise
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            cure = "run this in its folder, install it, or give the file: path/to/file.py:object"
            raise BadInput(f"{given}: there is no module {place!r}; {cure}") from None
        cure = f"install it where {sys.executable} finds it"
        raise BadInput(f"{given}: it needs the module {error.name!r}; {cure}") from error
    except (Exception, SystemExit) as error:
        words = f"importing it raised {type(error).__name__}: {error}"
        raise BadInput(f"{given}: {words}; mend it, `python -c 'import …'` shows where") from error


def look_in(folder: Path) -> None:
    """Let modules be imported from a folder, before any other."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
