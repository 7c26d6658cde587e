"""The classroom: lessons that a lecturer projects and a class plays with, on a laptop, without a network.

A lesson is a pure function from its controls to what is shown. It knows no browser, so that it is tested like any
other mathematics. The notebooks in ``apps`` are thin: controls, the function, the picture.
"""
