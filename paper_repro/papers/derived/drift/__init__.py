"""Local GD as inexact gradient descent with step ηH: how large the error is, and its leading term."""
