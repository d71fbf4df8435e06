"""The trainer, a task for each family, checkpoints."""
