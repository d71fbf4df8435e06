"""The names of the model families, nothing else; every floor finds ``<floor>.<family>`` by them."""

FAMILIES: tuple[str, ...] = ("gan", "classifier")
PLANNED: tuple[str, ...] = ("diffusion", "cyclegan", "language", "translation")
