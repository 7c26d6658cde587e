"""Where does Local GD go? Points in the plane, and the direction of w from round 1 to round 10^100.

| module | what |
|---|---|
| `controls`, `checking` | what the class can set, and what it cannot |
| `presets`, `dealing` | points to begin with, and who holds them |
| `separators` | max margins of all workers and of each alone, once per data |
| `journey` | where w has been, exactly and beyond; `averaged`, `anchored`, `tails`, `solves` make them |
| `trapped` | points that no w separates: w stays finite |
| `pictures`, `facts`, `reasons`, `recipe` | pictures, numbers, why, and five lines of Python |
| `show` | all of it together |
"""

from paper_repro.classroom.direction.controls import Controls as Controls
from paper_repro.classroom.direction.show import show as show
