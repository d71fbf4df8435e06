"""Model panels: three tabs each, Train, Create and Look inside."""
