"""Drift and diffusion approximations of local methods near a manifold of minima."""
