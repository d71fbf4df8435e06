"""Widgets, panels, forms, theme, actions; imports no torch."""
