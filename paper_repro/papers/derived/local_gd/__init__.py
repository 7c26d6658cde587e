"""Where Local GD goes on separable data, and what the number of local steps buys."""
