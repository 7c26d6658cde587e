"""Floating-point formats shorter than doubles, by their roundings."""

from dataclasses import dataclass

import numpy as np

from paper_repro.conformance.diagnosis.recipe import Rounding


@dataclass(frozen=True, eq=False)
class Format:
    """A format by its name, its rounding of doubles, and its relative spacing."""

    name: str
    rounding: Rounding
    spacing: float


def _to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round to 8 significant bits, halves to even; of the exponent float32 takes care."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


# The shortest first: what is written in it is written in the longer ones, too.
FORMATS = (
    Format("bfloat16", _to_bfloat16, 2.0**-7),
    Format("float16", lambda values: np.asarray(values, np.float16).astype(np.float64), 2.0**-10),
    Format("float32", lambda values: np.asarray(values, np.float32).astype(np.float64), 2.0**-23),
)
