"""What a class can wait for: counts that are capped, and what more would take."""

from implicitbias import checks


RAISE = 4  # of the effort, in one step of its slider


def count(name: str, value: object, most: int) -> int:
    """Return a whole number from 1 to ``most``.

    Raises
    ------
    BadInput
        For anything else.
    """
    cure = f"give 1 … {most}"
    number = checks.integer(name, value, 1, cure)
    if number > most:
        raise checks.refuse(name, number, "more than a lesson can wait for", cure)
    return number


def more(effort: int, seconds: float, most: int) -> str:
    """Return what the next ``effort`` would take, if this one takes so many seconds; empty at the last."""
    wanted = RAISE * effort
    return f"; “more” = {wanted} takes about {RAISE * seconds:.1g} s" if wanted <= most else ""
