"""Any claim of the catalogue at any knobs: its verdict, its falsifiers, and the lines that give them again."""

from paper_repro.classroom.explorer.controls import Controls as Controls
from paper_repro.classroom.explorer.scales import Scale as Scale
from paper_repro.classroom.explorer.scales import scales as scales
from paper_repro.classroom.explorer.show import show as show
