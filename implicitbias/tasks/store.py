"""Finished tasks on disk, addressed by (source code, question): the same question is answered once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from implicitbias import archive
from implicitbias.display import in_brief
from implicitbias.tasks.description import digest_of
from implicitbias.tasks.source import source_digest


class AbstractForm(ABC):
    """How results become bytes, and bytes results again."""

    @property
    @abstractmethod
    def suffix(self) -> str:
        """Ending of the files."""

    @abstractmethod
    def keeps(self, result: Any) -> bool:
        """Whether a result is worth keeping; a failure is not, the next run tries again."""

    @abstractmethod
    def encode(self, result: Any) -> bytes:
        """Return the bytes of a result."""

    @abstractmethod
    def decode(self, content: bytes) -> Any:
        """Return the result of the bytes, equal to the one encoded; or raise one of ``archive.DAMAGE``."""


@dataclass(frozen=True)
class Arrays(AbstractForm):
    """Arrays by name, as ``.npz`` without pickle."""

    @property
    def suffix(self) -> str:
        """Return ``.npz``."""
        return ".npz"

    def keeps(self, result: Mapping[str, np.ndarray]) -> bool:
        """Return True."""
        del result
        return True

    def encode(self, result: Mapping[str, np.ndarray]) -> bytes:
        """Return the archive; equal arrays, equal bytes."""
        return archive.pack({}, result)

    def decode(self, content: bytes) -> dict[str, np.ndarray]:
        """Return the arrays."""
        return archive.unpack(content)[1]


@dataclass(frozen=True)
class Store:
    """A folder of finished results.

    Any number of processes may read and write it at once: files appear whole, and two that write the same one
    write the same result.

    Attributes
    ----------
    folder
        Where; absolute, so that it is the same folder for every process of this machine or file system.
    form
        How results become files.
    packages
        Whose source code the results depend on.
    fresh
        Answer nothing from earlier, but keep what comes.
    """

    folder: Path
    form: AbstractForm = Arrays()
    packages: tuple[str, ...] = ("implicitbias",)
    fresh: bool = False

    __repr__ = in_brief

    def __post_init__(self):
        object.__setattr__(self, "folder", Path(self.folder).resolve())

    def address(self, *question: Any) -> str:
        """Return the name under which the answer to a question is kept.

        Raises
        ------
        BadInput
            If the question holds something that cannot be described.
        """
        return digest_of(source_digest(*self.packages), *question)

    def get(self, address: str) -> Any:
        """Return the kept result; ``None`` if there is none, or it is damaged and has to be computed anew."""
        if self.fresh:
            return None
        try:
            return self.form.decode(self._path(address).read_bytes())
        except archive.DAMAGE:
            return None

    def put(self, address: str, result: Any) -> None:
        """Keep a result, whole or not at all."""
        if self.form.keeps(result):
            archive.write_atomically(self._path(address), self.form.encode(result))

    def has(self, address: str) -> bool:
        """Whether a file is there."""
        return self._path(address).exists()

    def drop(self, address: str) -> None:
        """Forget a result."""
        self._path(address).unlink(missing_ok=True)

    def _path(self, address: str) -> Path:
        return self.folder / f"{address}{self.form.suffix}"
