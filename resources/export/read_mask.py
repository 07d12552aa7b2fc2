"""Reads a mask that Grokscope exported, packed or plain:  python read_mask.py FILE  prints what it keeps of each array."""
import json, sys
import numpy as np

def decode(code, shape, coding, rare=1, axes=()):
    size = int(np.prod(shape))
    if coding == "bits":
        return np.unpackbits(code, count=size).reshape(shape)
    mask, at, gap, shift = np.full(size, 1 - rare, np.uint8), -1, 0, 0
    for byte in code.tolist():
        gap, shift = gap | (byte & 127) << shift, shift + 7
        if byte < 128:
            at, gap, shift = at + gap + 1, 0, 0
            mask[at] = rare
    return mask.reshape(shape)

def read_mask(path):
    raw = np.fromfile(path, np.uint8)
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    header = json.loads(raw[8:start].tobytes())
    forms = json.loads(header.pop("__metadata__", {}).get("arrays", "{}"))
    parts = {name: raw[start + at["data_offsets"][0] : start + at["data_offsets"][1]] for name, at in header.items()}
    return {name: decode(code, **forms[name]) if name in forms else code.reshape(header[name]["shape"]) for name, code in parts.items()}

if __name__ == "__main__":
    for name, mask in read_mask(sys.argv[1]).items():
        print(json.dumps({"array": name, "shape": mask.shape, "kept": np.flatnonzero(mask).tolist()}))
