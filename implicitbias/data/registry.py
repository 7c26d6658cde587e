"""Data sets by name, for command lines; each is built only when asked for."""

from collections.abc import Callable

from implicitbias.data.bundled import real
from implicitbias.data.gaussian_rows import gaussian_separable
from implicitbias.data.known_names import refuse_unknown
from implicitbias.data.mnist_images import mnist
from implicitbias.data.planted_margin import separable
from implicitbias.data.planted_split import mixed, non_separable
from implicitbias.data.samples import Samples
from implicitbias.data.theory_sets import (
    degenerate,
    lagging_orthonormal,
    opposed_pair,
    order_of_limits,
    orthogonal,
    set_a,
    set_a_prime,
    soudry_figure1,
    sweeping_example,
)
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


FIXED: dict[str, Callable[[], Samples]] = {
    "A": set_a,
    "A-prime": set_a_prime,
    "O": orthogonal,
    "D": degenerate,
    "soudry-fig1-support": lambda: soudry_figure1(others=0),
    "sweeping": sweeping_example,
    "order": order_of_limits,
    "lagging-orthonormal": lambda: lagging_orthonormal(8),
    "opposed": opposed_pair,
    "breast-cancer": lambda: real("breast-cancer"),
    "digits-0-8": lambda: real("digits", (0, 8)),
    "iris-0-1": lambda: real("iris", (0, 1)),
    "iris-1-2": lambda: real("iris", (1, 2)),
    "wine-0-1": lambda: real("wine", (0, 1)),
}
DRAWN: dict[str, Callable[[Stream], Samples]] = {
    "soudry-fig1": soudry_figure1,
    "random": lambda stream: separable(stream).samples,
    "gaussian": lambda stream: gaussian_separable(stream, 40, 5),
    "mixed": lambda stream: mixed(stream).samples,
    "non-separable": lambda stream: non_separable(stream).samples,
    "mnist-0-8": lambda stream: mnist((0, 8), stream=stream),
}


def names() -> tuple[str, ...]:
    """Return the names of all data sets."""
    return (*FIXED, *DRAWN)


def named(name: str, stream: Stream | None = None) -> Samples:
    """Return the data set of that name; capital and small letters are the same.

    Parameters
    ----------
    name
        One of ``names()``.
    stream
        Source of the sets that are drawn ("random", "gaussian", …); the others ignore it.

    Returns
    -------
    Samples

    Raises
    ------
    BadInput
        If the name is unknown (the message lists the known ones and the nearest), or a drawn set gets no stream.
    """
    key = {known.casefold(): known for known in names()}.get(name.casefold(), name)
    refuse_unknown("name", key, names())
    if key in FIXED:
        return FIXED[key]()
    if stream is None:
        raise BadInput(
            f"name = {name!r}: this set is drawn at random and needs a stream; give e.g. Stream(0)"
        )
    return DRAWN[key](stream)
