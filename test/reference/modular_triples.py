"""The triples (a, b, c) over which gradient symmetricity was published for networks on addition mod 59.

The first hundred of all 59^3, a outermost, shuffled by Python's own generator. Source: the code of arXiv:2306.17844.
"""

import random

import golden

P, SEED, COUNT = 59, 42, 100


def main():
    triples = [(a, b, c) for a in range(P) for b in range(P) for c in range(P)]
    random.Random(SEED).shuffle(triples)
    golden.write(
        "modular_triples",
        seed=SEED,
        tolerance=1e-3,
        reason="means over these triples are compared with values published to nine digits, in float32 over a hundred cosines",
        cases=[{"id": "mod 59, first hundred", "triples": [value for triple in triples[:COUNT] for value in triple]}],
    )


if __name__ == "__main__":
    main()
