"""How local steps push you along the valley: SGD, Local SGD and QSR on landscapes, against their slow SDEs."""

from paper_repro.classroom.valley.controls import Controls as Controls
from paper_repro.classroom.valley.drift import mean_within as mean_within
from paper_repro.classroom.valley.grounds import GROUNDS as GROUNDS
from paper_repro.classroom.valley.pictures import Visited as Visited
from paper_repro.classroom.valley.show import show as show
from paper_repro.classroom.valley.show import shown as shown
from paper_repro.classroom.valley.show import visit as visit
from paper_repro.classroom.valley.slow import slow_paths as slow_paths
from paper_repro.classroom.valley.study import study as study
