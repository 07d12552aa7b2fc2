"""Loads a network that Grokscope exported:  python load_grokscope.py [folder] [token,token,...]  prints its logits."""
import json, sys
from pathlib import Path
import torch
from safetensors.torch import load_file
from grokscope_network import logits

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
config, weights = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
tokens = [int(t) for t in sys.argv[2].split(",")] if len(sys.argv) > 2 else [0] * config["grokscope"]["dims"]["n_ctx"]
print(json.dumps(logits(config, weights, torch.tensor([tokens]))[0].tolist()))
