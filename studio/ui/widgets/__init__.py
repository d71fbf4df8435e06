"""The window's own widgets: each knows how to show and to be used, none knows what a run or a project is."""
