"""Papers outside this package: modules of others whose ``CLAIMS`` are verified like those of the catalogue.

The key of a claim says where it lives: ``my_paper/rate`` is one of the ``CLAIMS`` of the module or package
``my_paper``, found in the current folder or installed. Its docstring may hold a table of symbols, ``BIBTEX`` its
BibTeX entry, and ``register.py`` its figures, as in the packages of ``paper_repro.papers``.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from implicitbias.errors import BadInput
from paper_repro.importing import explained, look_in


if TYPE_CHECKING:
    from paper_repro.claims import Claim


@dataclass(frozen=True)
class Guest:
    """A claim of another package; it answers what an ``Entry`` of the catalogue answers."""

    claim: "Claim"

    @property
    def key(self) -> str:
        """``paper/name``."""
        return self.claim.key

    @property
    def paper(self) -> str:
        """First part of the key."""
        return self.claim.paper

    @property
    def title(self) -> str:
        """The statement in one line."""
        return self.claim.title

    @property
    def source(self) -> str:
        """How we know it."""
        return self.claim.source

    @property
    def expects(self) -> str:
        """The expected verdict."""
        return self.claim.expects.value

    def load(self) -> "Claim":
        """Return the claim."""
        return self.claim


def guests(paper: str) -> list[Guest]:
    """Return the claims of the module named like the paper; none if there is no such module.

    Raises
    ------
    BadInput
        If it cannot be imported, or its ``CLAIMS`` are missing, of another paper, or two of one key.
    """
    module = module_of(paper)
    if module is None:
        return []
    claims = getattr(module, "CLAIMS", None)
    if claims is None:
        where = getattr(module, "__file__", None) or paper
        raise BadInput(f"paper {paper!r}: {where} has no CLAIMS; add CLAIMS = (MY_CLAIM, …) there")
    _check(paper, claims)
    return [Guest(claim) for claim in claims]


def module_of(paper: str) -> ModuleType | None:
    """Import the module named like a paper, from the current folder or installed; ``None`` if there is none.

    Raises
    ------
    BadInput
        If importing it fails.
    """
    if not paper.isidentifier() or paper.startswith("_") or paper in sys.stdlib_module_names:
        return None
    look_in(Path.cwd())
    if find_spec(paper) is None:
        return None
    with explained(f"paper {paper!r}", paper):
        return import_module(paper)


def bibtex_of(paper: str) -> str:
    """Return the BibTeX entry that the module of a paper gives; empty if there is none."""
    return getattr(module_of(paper), "BIBTEX", "")


def packages_of(paper: str) -> tuple[str, ...]:
    """Return the module that holds the claims of a paper, if it was imported: their verdicts depend on its code."""
    return (paper,) if hasattr(sys.modules.get(paper), "CLAIMS") else ()


def _check(paper: str, claims: object) -> None:
    from paper_repro.claims import Claim

    if not isinstance(claims, tuple | list) or not all(isinstance(claim, Claim) for claim in claims):
        raise BadInput(
            f"paper {paper!r}: CLAIMS = {claims!r:.60}: must be a tuple of Claim, such as (MY_CLAIM,)"
        )
    keys = [claim.key for claim in claims]
    for key in keys:
        if not key.startswith(f"{paper}/"):
            raise BadInput(
                f"paper {paper!r}: key {key!r}: begins with the name of its module, so that it can be found; "
                f"call it {paper}/{key.partition('/')[2]}"
            )
        if keys.count(key) > 1:
            raise BadInput(f"paper {paper!r}: key {key!r}: {keys.count(key)} claims have it; rename one")
