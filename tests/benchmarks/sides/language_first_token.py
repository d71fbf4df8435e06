"""A conversation of 2,000 tokens: seconds to the first token of the answer, read for the first time and gone on with.

Arguments: rounds. The last line of output: ``first`` and ``again``, seconds round by round; ``again`` has 20 tokens
more than what was read and written before. ``same``: how many answers are those of a writer that has read nothing.
"""

import json
import sys
import time

import torch

from studio.config.language import LanguageConfig, ModernNetwork
from studio.config.writing import Writing
from studio.generation.language_writing import Writer
from studio.models.language import build_language_model

ROUNDS, LENGTH, MORE, ANSWER = int(sys.argv[1]), 2000, 20, 8
WRITING = Writing(temperature=0, tokens=ANSWER)


def answer(writer: Writer, prompt: list[int]) -> tuple[float, list[int]]:
    """Seconds to the first token, and the whole answer."""
    begin, first, tokens = time.perf_counter(), 0.0, list[int]()
    for step in writer.write([prompt], WRITING):
        if step and not tokens:
            first = time.perf_counter() - begin
        tokens += [one.token for one in step]
    return first, tokens


def main() -> None:
    torch.manual_seed(0)
    model = build_language_model(LanguageConfig(network=ModernNetwork(depth=6), context=2304), 1000)
    model.eval().requires_grad_(False)
    first, again, same = list[float](), list[float](), 0
    for _ in range(ROUNDS):
        writer = Writer(model)
        prompt = torch.randint(0, 1000, (LENGTH,)).tolist()
        seconds, tokens = answer(writer, prompt)
        first.append(seconds)
        longer = [*prompt, *tokens, *torch.randint(0, 1000, (MORE,)).tolist()]
        seconds, tokens = answer(writer, longer)
        again.append(seconds)
        same += tokens == answer(Writer(model), longer)[1]
    print(json.dumps({"first": first, "again": again, "same": same}))


if __name__ == "__main__":
    main()
