"""Progress on anything over two seconds; silent where nobody watches."""

from collections.abc import Iterator
from contextlib import contextmanager

from implicitbias.engine.advance import Progress


# Shorter runs show nothing.
DELAY_SECONDS = 2.0


class Silent:
    """A bar nobody sees."""

    def update(self, n: float, /) -> None:
        """Do nothing."""
        del n


@contextmanager
def progress_bar(progress: Progress | bool | None, total: int, unit: str = "round") -> Iterator[Progress]:
    """Yield the bar that ``progress`` asks for: its own, tqdm's, or a silent one."""
    if progress is False:
        yield Silent()
    elif progress is None or progress is True:
        from tqdm import tqdm

        # disable=None: tqdm shows itself on a terminal only.
        quiet = None if progress is None else False
        with tqdm(
            total=total, unit=unit, delay=DELAY_SECONDS, disable=quiet, leave=False, unit_scale=True
        ) as bar:
            yield bar
    else:
        yield progress
