"""Import, check, prepare; embedded data; downloads."""
