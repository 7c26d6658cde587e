"""Local methods as frozen descriptions: axes, schedules, and the table of known names."""

from implicitbias.methods.axes import Anchored as Anchored
from implicitbias.methods.axes import Average as Average
from implicitbias.methods.axes import Fixed as Fixed
from implicitbias.methods.axes import Full as Full
from implicitbias.methods.axes import GradientSteps as GradientSteps
from implicitbias.methods.axes import HeavyBall as HeavyBall
from implicitbias.methods.axes import Identity as Identity
from implicitbias.methods.axes import Projection as Projection
from implicitbias.methods.axes import Proximal as Proximal
from implicitbias.methods.axes import Server as Server
from implicitbias.methods.axes import Sweeping as Sweeping
from implicitbias.methods.local_method import LocalMethod as LocalMethod
from implicitbias.methods.named import gd as gd
from implicitbias.methods.named import local_gd as local_gd
from implicitbias.methods.named import local_sgd as local_sgd
from implicitbias.methods.named import modified_local_gd as modified_local_gd
from implicitbias.methods.named import NAMED_METHODS as NAMED_METHODS
from implicitbias.methods.named import projection as projection
from implicitbias.methods.named import proximal as proximal
from implicitbias.methods.named import sweeping as sweeping
from implicitbias.methods.schedules import AbstractSchedule as AbstractSchedule
from implicitbias.methods.schedules import AbstractStepRule as AbstractStepRule
from implicitbias.methods.schedules import Constant as Constant
from implicitbias.methods.schedules import Piecewise as Piecewise
from implicitbias.methods.schedules import PowerDecay as PowerDecay
from implicitbias.methods.schedules import QuadraticRule as QuadraticRule
