"""One generic pump of a job's events through a QThread."""
