"""Looking at results: views as plain data, one style, rendering and saving; no science, Matplotlib only on demand."""

from figures.describe import describe as describe
from figures.inline import svg_inline as svg_inline
from figures.marks import (
    Arrows as Arrows,
    Bands as Bands,
    Cloud as Cloud,
    Field as Field,
    Histogram as Histogram,
    Mark as Mark,
    Note as Note,
    ray as ray,
    Separator as Separator,
    Series as Series,
    Span as Span,
    Table as Table,
    Trajectory as Trajectory,
)
from figures.provenance import read_sidecar as read_sidecar
from figures.render import render as render, render_figure as render_figure
from figures.save import save as save
from figures.style import method_colour as method_colour, step_label as step_label, VENUES as VENUES
from figures.views import (
    Panel as Panel,
    View as View,
    view_from_json as view_from_json,
    view_to_json as view_to_json,
)
