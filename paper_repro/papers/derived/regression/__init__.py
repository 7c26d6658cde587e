"""Local GD for linear regression: its linear rate, exact local solves, and the bias on inconsistent data."""
