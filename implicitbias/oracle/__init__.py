"""The max-margin oracle: separators, projections and limits that come with a certificate, or not at all."""

from implicitbias.oracle.certificate import Certificate as Certificate
from implicitbias.oracle.exact import ExactMaxMargin as ExactMaxMargin
from implicitbias.oracle.exact import max_margin_exact as max_margin_exact
from implicitbias.oracle.max_margin import max_margin as max_margin
from implicitbias.oracle.projection import (
    MarginSet as MarginSet,
)
from implicitbias.oracle.projection import (
    project_onto_margins as project_onto_margins,
)
from implicitbias.oracle.projection import (
    Projection as Projection,
)
from implicitbias.oracle.residual import (
    convergence_exponent as convergence_exponent,
)
from implicitbias.oracle.residual import (
    residual_limit as residual_limit,
)
from implicitbias.oracle.residual import (
    support_hessian as support_hessian,
)
from implicitbias.oracle.separability import Separability as Separability
from implicitbias.oracle.separability import separability as separability
from implicitbias.oracle.separator import MaxMargin as MaxMargin
from implicitbias.oracle.signed_rows import HasSignedRows as HasSignedRows
from implicitbias.oracle.signed_rows import SignedRows as SignedRows
from implicitbias.oracle.tail_direction import tail_direction as tail_direction
from implicitbias.oracle.tail_direction import TailDirection as TailDirection
