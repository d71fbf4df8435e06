"""Generative Studio: train, watch, use and look inside generative models of one's own, on one's own machine."""

import os

__version__ = "0.1.0"

# Read by OpenMP when torch loads it: waiting threads sleep instead of spinning, so that the window and other
# programs keep their share of the cores (design, section 4).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
