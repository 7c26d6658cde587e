"""Controls and pictures that marimo has none of, each a few lines of JavaScript of our own."""
