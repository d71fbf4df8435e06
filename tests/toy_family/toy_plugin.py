"""Puts the toy family beside the others: its files on the packages' paths, its name into the registry.

Loaded as a plugin of pytest (``-p toy_plugin``, with this folder on the path of modules), before anything of the
studio is imported: what it does here, a family of the studio has in its place for good.
"""

import importlib
from pathlib import Path

from studio import families

HERE = Path(__file__).parent
FLOORS = ("config", "models", "training", "generation", "ui.panels")

families.FAMILIES = (*families.FAMILIES, "toy")
for floor in FLOORS:  # after the name: the packages of the window count the families when they are imported
    package = importlib.import_module(f"studio.{floor}")
    package.__path__.append(str(HERE / floor.replace(".", "/")))
