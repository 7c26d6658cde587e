"""One package per paper: its symbols, and one file per theorem."""
