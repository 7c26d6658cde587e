"""The inequalities between a loss and its derivatives on which the analysis of Local GD rests."""
