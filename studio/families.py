"""The names of the model families, nothing else; every floor finds ``<floor>.<family>`` by them."""

FAMILIES: tuple[str, ...] = ("gan", "diffusion", "cyclegan", "language", "translation", "classifier")
PLANNED: tuple[str, ...] = ()
