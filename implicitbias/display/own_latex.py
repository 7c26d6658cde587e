"""What things say of themselves in LaTeX, if they do."""

from typing import Any

from implicitbias.errors import BadInput


# Characters of LaTeX that a reader takes in at a glance; a page of terms says less than none.
READABLE = 1500


def latex_of(value: Any, otherwise: str = "") -> str:
    """Return ``value.latex()``; ``otherwise`` where there is none, it is too long, or is said to be (``printable``)."""
    own = getattr(value, "latex", None)
    if own is None or not getattr(value, "printable", True):
        return otherwise
    try:
        text = own()
    except BadInput:
        return otherwise
    return text if len(text) <= READABLE else otherwise


def beside(*formulas: str) -> str:
    """Return formulas on one line of LaTeX; empty ones leave no gap."""
    return r", \quad ".join(f for f in formulas if f)
