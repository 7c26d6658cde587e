"""One module per command of ``paper-repro``."""
