"""The max-margin oracle: separators, projections and limits that come with a certificate, or not at all."""

from implicitbias.oracle.certificate import Certificate as Certificate
from implicitbias.oracle.max_margin import max_margin as max_margin
from implicitbias.oracle.separability import Separability as Separability, separability as separability
from implicitbias.oracle.separator import MaxMargin as MaxMargin
from implicitbias.oracle.signed_rows import HasSignedRows as HasSignedRows, SignedRows as SignedRows
