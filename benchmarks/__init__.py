"""Speed, as ratios of contestants timed in turn on the same machine: ``python -m benchmarks``."""
