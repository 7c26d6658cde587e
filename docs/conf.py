"""How the pages are built: `make docs` reads this folder and writes out/docs/html. No network, no scripts of others."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path


HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

project = "implicitbias"
author = "The implicitbias developers"
project_copyright = author
version = release = version_of("implicitbias")

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "mathml", "indices", "names", "figure_pages"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext"]
# Single backticks of docstrings: a link where they name something public, code anywhere.
default_role = "py:obj"
autosummary_generate = False
autodoc_default_options = {"member-order": "bysource"}
autodoc_preserve_defaults = True
maximum_signature_line_length = 90
numpydoc_show_class_members = False
# All checks of docstrings but those that ask for what is elsewhere, or is not wanted.
numpydoc_validation_checks = {
    "all",
    *("EX01", "SA01", "ES01"),  # examples are pages, that are run; a docstring may be one line
    *("PR04", "RT01", "YD01"),  # types are in the annotations, and the summary says what is returned
    *("RT03", "RT04", "PR08", "SS02", "SS05"),  # sentences begin with formulas, and with Student's name
    *("PR01", "PR03"),  # what takes many arguments explains each (test_docs.py), by what belongs together
    "PR06",  # "integer array" is no Python type
}
python_use_unqualified_type_names = True

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "implicitbias"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
