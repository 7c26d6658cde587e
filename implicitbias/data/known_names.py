"""Names that must be known."""

from collections.abc import Iterable
from difflib import get_close_matches

from implicitbias.errors import BadInput


def refuse_unknown(argument: str, name: str, known: Iterable[str]) -> None:
    """Raise BadInput unless the name is known; list the known ones and suggest the nearest.

    Parameters
    ----------
    argument
        What the name was given as, for the message.
    name
        The name given.
    known
        All names that exist.
    """
    names = list(known)
    if name in names:
        return
    spelled = {known.casefold(): known for known in names}
    near = get_close_matches(str(name).casefold(), spelled, n=1)
    hint = f"did you mean {spelled[near[0]]!r}?" if near else "pick one of them"
    raise BadInput(f"{argument} = {name!r}: known are {', '.join(names)}; {hint}")
