"""Numbers in LaTeX."""

from implicitbias.display.brief import DIGITS


def tex(value: float) -> str:
    """Return a number as LaTeX, with powers of ten as powers."""
    mantissa, _, exponent = f"{value:.{DIGITS}g}".partition("e")
    if not exponent:
        return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\text{nan}"}.get(mantissa, mantissa)
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
