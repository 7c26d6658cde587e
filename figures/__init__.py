"""Looking at results: views as plain data, one style, rendering and saving; no science, Matplotlib only on demand."""

from figures.describe import describe as describe
from figures.inline import svg_inline as svg_inline
from figures.marks import Arrows as Arrows
from figures.marks import Bands as Bands
from figures.marks import Cloud as Cloud
from figures.marks import Field as Field
from figures.marks import Histogram as Histogram
from figures.marks import Mark as Mark
from figures.marks import Note as Note
from figures.marks import ray as ray
from figures.marks import Separator as Separator
from figures.marks import Series as Series
from figures.marks import Span as Span
from figures.marks import Table as Table
from figures.marks import Trajectory as Trajectory
from figures.provenance import read_sidecar as read_sidecar
from figures.render import render as render
from figures.render import render_figure as render_figure
from figures.save import save as save
from figures.style import method_colour as method_colour
from figures.style import step_label as step_label
from figures.style import VENUES as VENUES
from figures.views import Panel as Panel
from figures.views import View as View
from figures.views import view_from_json as view_from_json
from figures.views import view_to_json as view_to_json
