"""A figure before it is drawn: marks on panels under a finding, checked, comparable, and written as JSON."""

import json
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from figures.marks import Mark, mark_name, MARKS, Table
from figures.values import floats, numbers, one_of
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


Scale: TypeAlias = Literal["linear", "log", "symlog"]
SCALES = ("linear", "log", "symlog")
LEGENDS = ("auto", "direct", "none")
FORMAT = 1  # raised when a stored view would no longer be read


@dataclass(frozen=True)
class Panel:
    """One pair of axes and what lies on it, drawn in the order given.

    Parameters
    ----------
    marks : sequence of Mark
        What lies on it, in the order in which it is drawn.
    xlabel, ylabel : str
        Quantity with its unit, e.g. ``"communication rounds R"`` or ``"slow time η²·steps"``.
    xscale, yscale : {"linear", "log", "symlog"}
    title : str
        What this panel shows among the others; the finding belongs to the view.
    xlim, ylim : pair of floats, optional
        Ends of the axes, if the marks are not to decide.
    aspect : {"auto", "equal"}
        ``"equal"`` where a right angle must look right (planes of weights or data).
    legend : {"auto", "direct", "none"}
        ``"auto"``: in a corner free of data, else below the axes. ``"direct"``: names of series at their right ends.

    Raises
    ------
    BadInput
        On a log axis, if a value is not positive (the message names the series), or if a mark needs straight
        lines or axes of its own.
    """

    marks: tuple[Mark, ...]
    xlabel: str = ""
    ylabel: str = ""
    xscale: Scale = "linear"
    yscale: Scale = "linear"
    title: str = ""
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    aspect: Literal["auto", "equal"] = "auto"
    legend: Literal["auto", "direct", "none"] = "auto"

    __repr__ = in_brief

    def __post_init__(self):
        object.__setattr__(self, "marks", tuple(self.marks))
        one_of("Panel", "aspect", self.aspect, ("auto", "equal"))
        one_of("Panel", "legend", self.legend, LEGENDS)
        for mark in self.marks:
            one_of("Panel", "mark", type(mark), MARKS)
        if any(isinstance(mark, Table) for mark in self.marks) and len(self.marks) > 1:
            raise BadInput("Panel: a Table with other marks: a table fills its panel; give it one of its own")
        for axis in ("x", "y"):
            self._check_axis(axis)

    def _check_axis(self, axis: Literal["x", "y"]) -> None:
        """Check the scale of one axis against its limits and every value along it."""
        scale, limits = getattr(self, f"{axis}scale"), getattr(self, f"{axis}lim")
        one_of("Panel", f"{axis}scale", scale, SCALES)
        if limits is not None:
            low, high = numbers("Panel", f"{axis}lim", limits)
            object.__setattr__(self, f"{axis}lim", (low, high))
            if not floats(low) < floats(high) or (scale == "log" and not floats(low) > 0):
                raise BadInput(
                    f"Panel: {axis}lim = {limits}: low < high, 0 < low on a log axis; swap or raise them"
                )
        if scale == "linear":
            return
        for mark in self.marks:
            if getattr(mark, "linear_only", False):
                raise BadInput(
                    f"{mark_name(mark)}: straight lines bend on a {scale} {axis} axis; use linear axes"
                )
            _require_positive(mark, axis, scale)


@dataclass(frozen=True)
class View:
    """A figure that can be read alone: the title says the finding, the caption the setting.

    Parameters
    ----------
    title : str
        The finding, as a sentence.
    caption : str
        Problem, method, knobs, seed, and what lines and points are.
    panels : sequence of Panel
        In the order of reading.
    columns : int, optional
        Panels per row; by default 1, 2 or 3, as many as keep rows full.
    legend : {"panels", "shared"}
        ``"shared"``: one legend under all panels, for panels that show the same methods.
    """

    title: str
    caption: str
    panels: tuple[Panel, ...]
    columns: int | None = None
    legend: Literal["panels", "shared"] = "panels"

    __repr__ = in_brief

    def __post_init__(self):
        object.__setattr__(self, "panels", tuple(self.panels))
        if not self.panels or not all(isinstance(panel, Panel) for panel in self.panels):
            raise BadInput(
                f"View {self.title!r}: panels = {self.panels!r:.60}: one Panel or more; wrap marks in Panel"
            )
        one_of(f"View {self.title!r}", "legend", self.legend, ("panels", "shared"))
        if self.columns is not None and not 1 <= self.columns <= len(self.panels):
            raise BadInput(
                f"View {self.title!r}: columns = {self.columns}: between 1 and {len(self.panels)}; omit it"
            )


def axis_values(mark: Mark, axis: Literal["x", "y"]) -> Float[np.ndarray, "value"]:
    """Return every value that ``mark`` places along ``axis``, masked ones as NaN."""
    stored = [getattr(mark, name) for name in getattr(mark, f"{axis}_fields")]
    flat = [floats(values).ravel() for values in stored if values is not None]
    return np.concatenate(flat) if flat else np.empty(0)


def view_to_json(view: View) -> str:
    """Return the view as JSON text, keys sorted; masked values are null. Same view, same text."""
    return json.dumps({"format": FORMAT, **tree_of(view)}, sort_keys=True, allow_nan=False)


def view_from_json(text: str) -> View:
    """Return the view that :func:`view_to_json` wrote, equal to the original.

    Raises
    ------
    BadInput
        If the text is no view of this format.
    """
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as trouble:
        raise BadInput(
            f"view = {text[:40]!r} …: not JSON ({trouble}); write it again with view_to_json"
        ) from None
    if not isinstance(tree, dict) or tree.pop("format", None) != FORMAT:
        raise BadInput(
            f"view = {text[:40]!r} …: not a view of format {FORMAT}; write it again with view_to_json"
        )
    return _from_tree(tree)


def tree_of(node: Any) -> dict[str, Any]:
    """Return a view, panel or mark as a dictionary that names its kind; what is nested, too."""
    tree: dict[str, Any] = {"type": type(node).__name__}
    for field in fields(node):
        value = getattr(node, field.name)
        nested = field.name in ("marks", "panels")
        tree[field.name] = [tree_of(child) for child in value] if nested else value
    return tree


def _from_tree(tree: Any) -> Any:
    """Rebuild what ``tree_of`` took apart; lists become tuples."""
    if isinstance(tree, list):
        return tuple(_from_tree(child) for child in tree)
    if not isinstance(tree, dict):
        return tree
    kinds = {kind.__name__: kind for kind in (*MARKS, Panel, View)}
    kind = tree.get("type")
    one_of("view", "type", kind, tuple(kinds))
    given = {name: _from_tree(value) for name, value in tree.items() if name != "type"}
    if set(given) != {field.name for field in fields(kinds[str(kind)])}:
        raise BadInput(
            f"view: {kind} has fields {sorted(given)}: not those of its kind; write it with view_to_json"
        )
    return kinds[str(kind)](**given)


def _require_positive(mark: Mark, axis: Literal["x", "y"], scale: str) -> None:
    """Raise, naming the mark, if it has a value ≤ 0 on a log axis."""
    values = axis_values(mark, axis)
    if scale == "log" and np.any(values <= 0):
        raise BadInput(
            f"{mark_name(mark)}: {axis} = {values[values <= 0][0]:g} on a log axis: values must be positive; "
            f'mask it with None, or use {axis}scale="symlog"'
        )
