"""Asymptotics of local GD on separable data: w^r = ŵτ + w̃ + o(1), τ = log(ηHr).

| quantity | function |
|---|---|
| chord of two directions; its angle | `direction_error`, `angle_from_chord` |
| chord and margin gap at huge τ | `chord_from_residual`, `margin_gap_from_residual` |
| normalised margin, margin gap | `normalised_margin`, `margin_gap` |
| residual ρ = w − ŵτ, predicted path | `residual`, `predicted_path` |
| chord·τ → C, chord ≈ C/(τ + a), gap·τ → limit | `rate_constant`, `rate_correction`, `predicted_chord`, `margin_rate_constant` |
| path of anchored averaging; of polynomial tails | `anchored_path`, `tail_path` |
| when it begins to hold | `predicted_onset`, `log10_accurate_round`, `log10_round_of_chord` |
"""  # noqa: E501

from implicitbias.asymptotics._anchored import anchored_path as anchored_path
from implicitbias.asymptotics._direction import angle_from_chord as angle_from_chord
from implicitbias.asymptotics._direction import chord_from_residual as chord_from_residual
from implicitbias.asymptotics._direction import direction_error as direction_error
from implicitbias.asymptotics._direction import unit as unit
from implicitbias.asymptotics._margin import margin_gap as margin_gap
from implicitbias.asymptotics._margin import margin_gap_from_residual as margin_gap_from_residual
from implicitbias.asymptotics._margin import normalised_margin as normalised_margin
from implicitbias.asymptotics._onset import log10_accurate_round as log10_accurate_round
from implicitbias.asymptotics._onset import log10_round_of_chord as log10_round_of_chord
from implicitbias.asymptotics._onset import predicted_onset as predicted_onset
from implicitbias.asymptotics._path import margin_rate_constant as margin_rate_constant
from implicitbias.asymptotics._path import predicted_chord as predicted_chord
from implicitbias.asymptotics._path import predicted_path as predicted_path
from implicitbias.asymptotics._path import rate_constant as rate_constant
from implicitbias.asymptotics._path import rate_correction as rate_correction
from implicitbias.asymptotics._path import residual as residual
from implicitbias.asymptotics._tail import tail_path as tail_path
