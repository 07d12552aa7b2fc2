"""Loss curves of the perceptron in its variants: activation, BatchNorm, dropout, biases, loss."""

import torch

import golden
from perceptron import Perceptron, addition, flat, train

P, WIDTH, STEPS, SEED = 7, 16, 20, 5

CASES = [
    ("quadratic", dict(activation="quadratic"), "mse"),
    ("quadratic with BatchNorm", dict(activation="quadratic", batch_norm=True), "mse"),
    ("quadratic with dropout", dict(activation="quadratic", dropout=0.4), "mse"),
    ("relu with biases", dict(activation="relu", biases=True), "cross-entropy"),
    ("gelu", dict(activation="gelu"), "cross-entropy"),
    ("quadratic with everything", dict(activation="quadratic", batch_norm=True, dropout=0.25, biases=True), "cross-entropy"),
]

cases = []
for name, options, loss in CASES:
    model = Perceptron(P, WIDTH, seed=SEED, **options)
    pairs, labels = addition(P)
    optimizer = torch.optim.AdamW(model.params.values(), lr=0.01, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.1)
    losses = train(model, optimizer, loss, pairs, labels, STEPS)
    buffers = {} if model.norm is None else {
        "running_mean": model.norm.running_mean,
        "running_var": model.norm.running_var,
    }
    cases.append(
        {
            "id": name,
            "settings": {
                "d_mlp": WIDTH,
                "activation": options["activation"],
                "batchNorm": options.get("batch_norm", False),
                "dropout": options.get("dropout", 0),
                "biases": options.get("biases", False),
            },
            "loss": loss,
            "p": P,
            "initial": flat(model.initial),
            "losses": losses,
            "buffers": flat(buffers),
            "logitsOfFirstPairs": model.logits(pairs[:3], False).flatten().tolist(),
        }
    )

golden.write(
    "perceptrons",
    seed=SEED,
    tolerance=1e-4,
    reason=(
        "twenty AdamW steps in float32 against float64; where a gradient is near zero the division by its root mean "
        "square magnifies rounding, and TensorFlow.js's erf is exact to 1.5e-7 only"
    ),
    cases=cases,
)
