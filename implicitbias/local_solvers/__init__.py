"""Locally exact solves: proximal, projection, sweeping process."""
