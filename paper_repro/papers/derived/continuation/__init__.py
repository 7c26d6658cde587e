"""The continuation in logarithmic time: that it is what the exact rounds do, and what only it can see."""
