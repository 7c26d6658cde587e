"""A stage that raised: its traceback is part of the report, and the other claims go on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """The traceback of an exception."""

    text: str

    @property
    def message(self) -> str:
        """The exception itself, in one line."""
        return first_line(self.text)


def first_line(trouble: str) -> str:
    """Return the error of a traceback, the first line of its message: what follows the last quoted line of code."""
    lines = trouble.strip().splitlines()
    quoted = max((k for k, text in enumerate(lines) if text.startswith("  File ")), default=-1)
    return next((text for text in lines[quoted + 1 :] if not text.startswith(" ")), lines[-1])
