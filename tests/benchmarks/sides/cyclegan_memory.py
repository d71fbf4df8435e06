"""One picture through one translator on a CPU. Arguments: height, width. The last line: ``MB`` at the peak, seconds."""

import json
import resource
import sys
import time

import numpy as np
import torch

from studio.config.base import with_overrides
from studio.config.cyclegan import CycleganConfig
from studio.generation.cyclegan_whole import translate
from studio.models.cyclegan import build_translator
from studio.models.pictures import to_bytes, to_unit

HEIGHT, WIDTH = map(int, sys.argv[1:3])

if __name__ == "__main__":
    config = with_overrides(CycleganConfig(), {"generator.blocks": 9, "generator.width": 64})
    network = build_translator(config).eval().requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    began = time.perf_counter()
    work = translate(network, to_unit(torch.from_numpy(pixels).permute(2, 0, 1)[None])[0])
    while True:
        try:
            next(work)
        except StopIteration as end:
            shape = list(to_bytes(end.value[None])[0].shape)
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"height": HEIGHT, "width": WIDTH, "MB": peak, "MB before": before, "seconds": time.perf_counter() - began}
    print(json.dumps(found | {"shape": shape}))
