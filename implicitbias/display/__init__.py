"""How things look: in a line (``repr``), on a card in a notebook, as formulas; nothing is computed for it.

| question | answer |
|---|---|
| a value in a few characters | ``brief``, ``in_brief`` (a ``__repr__`` for dataclasses that hold arrays), ``ends`` |
| what a notebook shows | ``card``, ``table``, ``badge``; ``typeset`` for ``_repr_latex_`` |
| LaTeX | ``latex_of`` an object that knows its own, ``tex`` of a number |
| formulas, prose and numbers as HTML | ``display.formulas``, ``display.prose``, ``display.digits`` |
| letters as BibTeX writes them | ``display.accents`` |
"""

from implicitbias.display.brief import brief as brief
from implicitbias.display.brief import cut as cut
from implicitbias.display.brief import ends as ends
from implicitbias.display.brief import ENTRIES as ENTRIES
from implicitbias.display.brief import in_brief as in_brief
from implicitbias.display.card import badge as badge
from implicitbias.display.card import card as card
from implicitbias.display.card import Cell as Cell
from implicitbias.display.card import gathered as gathered
from implicitbias.display.card import Row as Row
from implicitbias.display.card import table as table
from implicitbias.display.card import typeset as typeset
from implicitbias.display.own_latex import beside as beside
from implicitbias.display.own_latex import latex_of as latex_of
from implicitbias.display.tex_number import tex as tex
