"""Minima that bend or twist: what mixed noise does along them, what local steps do not do, and where all ends up."""
