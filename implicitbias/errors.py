"""What can go wrong, in the field's own words: the value given, the rule it breaks, the cure."""


class BadInput(ValueError):
    """An argument breaks a rule; raised before any work starts.

    Every message reads "<name> = <value given>: <the rule>; <the cure>".
    """


class NotSeparable(BadInput):
    """No w has x_i·w > 0 for all i, and the theory asked for needs one."""


class NotCertified(RuntimeError):
    """An oracle found a candidate but could not prove it to the stated tolerance; says what failed."""


class Diverged(ArithmeticError):
    """An iterate left the floating-point range; carries the partial trace as ``trace``."""

    def __init__(self, message: str, trace: object = None):
        super().__init__(message)
        self.trace = trace


class StepWarning(UserWarning):
    """A learning rate with which gradient steps grow instead of shrinking; says ηλ, and the cure."""


class WorkersLost(RuntimeError):
    """Processes or machines that executed tasks are gone; says what is kept and how to go on."""
