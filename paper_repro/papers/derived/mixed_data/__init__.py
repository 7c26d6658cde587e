"""Data that no w separates: where Local GD converges, where it diverges, and the bias of its finite part."""
