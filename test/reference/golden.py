"""Writes a golden: the numbers, who made them, and how closely they have to be met.

Goldens are read by the tests; this folder is not needed to run them. To make one anew:

    python test/reference/<name>.py        writes test/golden/<name>.json
"""

import json
import platform
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def write(name: str, *, seed: int, tolerance: float, reason: str, cases: list, versions: dict = {}) -> None:
    """`versions`: those of packages beyond torch."""
    header = {
        "maker": f"test/reference/{name}.py",
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], **versions},
        "dtype": "float64",
        "seed": seed,
        "tolerance": tolerance,
        "reason": reason,
    }
    text = json.dumps({"header": header, "cases": rounded(cases)}, separators=(",", ":"))
    path = Path(__file__).parent.parent / "golden" / f"{name}.json"
    # One case a line: a change of one case is a change of one line.
    path.write_text(text.replace('{"id"', '\n{"id"') + "\n")


def rounded(value):
    """Ten significant digits: beyond the tolerance of every golden, and half the file."""
    if isinstance(value, float):
        return float(f"{value:.10g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value


def grid(tensor: torch.Tensor) -> torch.Tensor:
    """The nearest multiples of 2^-12: exact in float32 and in few decimal digits, so that both sides start equal."""
    return torch.round(tensor * 4096) / 4096
