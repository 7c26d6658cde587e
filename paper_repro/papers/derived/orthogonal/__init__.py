"""One orthogonal sample per worker: the set on which local methods are exactly solvable."""
