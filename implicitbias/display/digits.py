"""Numbers as a reader wants them: as many digits as are known, powers of ten as powers."""

import math

from markupsafe import Markup


LEAST_DIGITS, MOST_DIGITS = 6, 12  # below 6 the eye misses a change; beyond 12 no budget here measures
PLAIN_FROM, PLAIN_TO = 1e-4, 1e7  # outside, powers of ten are shorter to read


def number(value: float, digits: int = LEAST_DIGITS) -> Markup:
    """Return a number as HTML with this many significant digits, a true minus sign and powers of ten."""
    if math.isnan(value):
        return Markup("–")
    sign = Markup("−" if value < 0 else "")
    if math.isinf(value):
        return sign + "∞"
    size = abs(value)
    if size == 0 or PLAIN_FROM <= size < PLAIN_TO:
        text = f"{size:.{digits}g}"
        return sign + (text if "e" not in text else f"{size:.0f}")
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = Markup("10<sup>{}</sup>").format(str(int(exponent)).replace("-", "−"))
    return sign + (power if mantissa == "1" else Markup("{}·{}").format(mantissa, power))


def known_digits(value: float, *spreads: float) -> int:
    """Return how many digits of a value are known, two beyond its smallest finite spread."""
    finite = [s for s in spreads if 0 < s < math.inf]
    if not finite or value == 0 or not math.isfinite(value):
        return LEAST_DIGITS
    wanted = math.ceil(math.log10(abs(value) / min(finite))) + 2 if abs(value) > min(finite) else LEAST_DIGITS
    return min(max(wanted, LEAST_DIGITS), MOST_DIGITS)
