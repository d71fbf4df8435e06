"""Settings: one pydantic file a family, and the requests. The single source of forms, options and files; neither torch nor Qt."""
