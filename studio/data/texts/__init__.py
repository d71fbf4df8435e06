"""Texts as data: what was imported, how conversations are written down, how texts become tokens."""
