"""The command line: the same engine without a window. Imports neither torch nor Qt before a command needs them."""
