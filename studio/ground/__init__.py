"""The ground that every floor stands on: texts and errors, events and commands, files that appear whole.

Knows nothing of the floors above; imports neither torch nor Qt.
"""
