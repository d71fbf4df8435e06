"""Settings: one pydantic file a family, and the requests; the single source of forms, options and files.

Neither torch nor Qt.
"""
