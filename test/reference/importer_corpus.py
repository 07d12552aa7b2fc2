"""Small files of every form that the importers read, and broken and hostile ones that they refuse.

    python test/reference/importer_corpus.py     writes test/fixtures/corpus/* and test/fixtures/corpus.json

Values of good files are PyTorch's and NumPy's own. The sentence of each refusal is written down here, by hand.
Hostile pickles are written byte by byte: nothing in this script, or anywhere, ever loads them.
"""

import argparse
import collections
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_safetensors

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDER = FIXTURES / "corpus"
FOLDER.mkdir(exist_ok=True)
for old in FOLDER.iterdir():
    old.unlink()
ROWS = []

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL", torch.uint16: "U16",
}
NUMPY = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8", "b1": "BOOL"}


def plain(values):
    return [str(x) if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))) else x for x in values]


def described(tensor):
    if isinstance(tensor, np.ndarray):
        dtype = NUMPY[tensor.dtype.str[1:]]
        return {"dtype": dtype, "shape": list(tensor.shape), "values": plain(tensor.astype("f8").flatten().tolist() if dtype[0] == "F" else tensor.flatten().tolist())}
    wide = tensor.detach().double() if tensor.is_floating_point() else tensor.detach()
    return {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "values": plain(wide.flatten().tolist())}


def good(name, content, tensors, how, metadata=None, notes=None):
    (FOLDER / name).write_bytes(content)
    row = {"file": name, "how": how, "tensors": {key: described(value) for key, value in tensors.items()}}
    if metadata is not None:
        row["metadata"] = metadata
    if notes is not None:
        row["notes"] = notes
    ROWS.append(row)


def bad(name, content, how, refused):
    (FOLDER / name).write_bytes(content)
    ROWS.append({"file": name, "how": how, "refused": refused})


def saved(value, legacy=False):
    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def archive(members, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def array(value, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, value, version=version)
    return stream.getvalue()


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return {name: source.read(name) for name in source.namelist()}


def changed(content, change):
    """The same archive with members changed; a member set to None is left out."""
    found = members(content)
    root = next(name for name in found if name.endswith("data.pkl"))[: -len("data.pkl")]
    found.update({root + name: value for name, value in change(lambda name: found[root + name]).items()})
    return archive({name: value for name, value in found.items() if value is not None})


def patched(content, at, value):
    return content[:at] + value + content[at + len(value):]


torch.manual_seed(3)
WEIGHT = torch.randn(3, 4)
EVERY = collections.OrderedDict(
    double=torch.tensor([1.1, -2.2], dtype=torch.float64),
    single=WEIGHT,
    half=torch.tensor([1.5, -2.25, 6e-8, 65504.0, float("inf")], dtype=torch.float16),
    brain=torch.tensor([1.5, -2.5, 3e38], dtype=torch.bfloat16),
    long=torch.tensor([1, -(2**40), 2**53 - 1]),
    short_long=torch.tensor([7, -7]),
    int=torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    short=torch.tensor([-300, 300], dtype=torch.int16),
    char=torch.tensor([-128, 127], dtype=torch.int8),
    byte=torch.tensor([0, 255], dtype=torch.uint8),
    bool=torch.tensor([True, False, True]),
    odd=torch.tensor([float("nan"), float("-inf"), -0.0]),
    scalar=torch.tensor(42.0),
    empty=torch.zeros(0, 3),
)

# PyTorch, good

STATE = saved(EVERY)
good("state-dict.pt", STATE, EVERY, "torch.save of a state dict with every dtype")
good("legacy.pt", saved(EVERY, legacy=True), EVERY, "the same as the stream before 1.6")

BASE = torch.arange(24.0).reshape(4, 6)
VIEWS = {"whole": BASE, "transposed": BASE.t(), "column": BASE[:, 2], "corner": BASE[1:3, 3:], "expanded": BASE[0, 1:2].expand(5), "again": BASE}
good("views.pt", saved(VIEWS), VIEWS, "tensors that share one storage, strided")
good("legacy-views.pt", saved(VIEWS, legacy=True), VIEWS, "the same as the stream before 1.6")
good("column-major.pt", saved({"w": WEIGHT.t().contiguous().t()}), {"w": WEIGHT}, "column-major strides")
good("bare-tensor.pt", saved(WEIGHT), {"tensor": WEIGHT}, "torch.save of one tensor")
good("unsigned.pt", saved({"u": torch.tensor([1, 60000], dtype=torch.uint16)}), {"u": torch.tensor([1, 60000], dtype=torch.uint16)}, "a dtype without a storage class of its own")
good("protocol-4.pt", (lambda stream: (torch.save({"w": WEIGHT}, stream, pickle_protocol=4), stream.getvalue())[1])(io.BytesIO()), {"w": WEIGHT}, "pickle protocol 4")
torch.serialization.set_crc32_options(False)
good("no-checksums.pt", saved({"w": WEIGHT}), {"w": WEIGHT}, "written without checksums")
torch.serialization.set_crc32_options(True)

CONFIG = argparse.Namespace(n_heads=4, act_fn="relu", ratio=0.5, missing=None, tags=["a", "b"])
COLUMNS = np.asfortranarray(np.arange(6.0).reshape(2, 3))
NESTED = {
    "model": collections.OrderedDict(w=WEIGHT, b=torch.nn.Parameter(WEIGHT[0])),
    "optimizer": {"state": {0: {"step": 12, "exp_avg": WEIGHT[1]}}, "lr": 1e-3},
    "epoch": 7,
    "best": np.float64(0.25),
    "losses": [1.0, 0.5, {"last": torch.tensor([0.25])}],
    "columns": COLUMNS,
    "config": CONFIG,
    "device": torch.device("cuda:1"),
    "dtype": torch.bfloat16,
    "size": WEIGHT.shape,
    "big": 2**70,
    "set": {5},
}
good(
    "nested.pt", saved(NESTED),
    {"model.w": WEIGHT, "model.b": WEIGHT[0], "optimizer.state.0.exp_avg": WEIGHT[1], "losses.2.last": torch.tensor([0.25]), "columns": COLUMNS},
    "a checkpoint with optimizer, numbers, a configuration object and a NumPy array",
    metadata={
        "optimizer": {"state": {"0": {"step": 12}}, "lr": 1e-3}, "epoch": 7, "best": 0.25, "losses": [1.0, 0.5, None],
        "config": {"n_heads": 4, "act_fn": "relu", "ratio": 0.5, "missing": None, "tags": ["a", "b"]},
        "device": "cuda", "dtype": "torch.bfloat16", "size": [3, 4], "big": str(2**70), "set": [5],
    },
)


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.register_buffer("kept", torch.arange(2))
        self.register_buffer("dropped", torch.arange(9), persistent=False)


class Whole(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.cfg = argparse.Namespace(d_model=3)
        self.inner = Inner()
        self.by_name = {"again": self.inner, "loose": torch.ones(2)}
        self.scale = torch.nn.Parameter(torch.tensor([2.0]))


WHOLE = Whole()
good(
    "whole-module.pt", saved(WHOLE), WHOLE.state_dict(), "torch.save of a module, with classes that no reader has",
    metadata={"cfg": {"d_model": 3}},
    notes=["a whole module was saved (__main__.Whole and 2 other classes); none of its code was run, its tensors were read by walking its state"],
)
PLAIN = saved({"w": WEIGHT})
good("elsewhere.pt", changed(PLAIN, lambda get: {"data.pkl": get("data.pkl").replace(b"cpu", b"mps")}), {"w": WEIGHT}, "saved on a device this machine lacks")
good("big-endian.pt", changed(PLAIN, lambda get: {"byteorder": b"big", "data/0": WEIGHT.numpy().astype(">f4").tobytes()}), {"w": WEIGHT}, "written by a big-endian machine")


def tar(entries):
    """A ustar archive, deterministic."""
    import tarfile

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as target:
        for name, content in entries.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            target.addfile(header, io.BytesIO(content))
    return stream.getvalue()[: -10240 % 512 or None].rstrip(b"\0") + b"\0" * 1024


def global_pickle(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


SYSTEM = pickle.dumps({"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 8}}, 2)
STORAGES = (
    pickle.dumps(1, 2) + global_pickle(b"(K\x05U\x03cpuctorch\nFloatStorage\nt")
    + struct.pack("<q", 12) + WEIGHT.numpy().tobytes() + pickle.dumps([(6, 5, 4, 8)], 2)
)
TENSORS = (
    pickle.dumps(2, 2)
    + global_pickle(b"(K\x07K\x05ctorch\nFloatTensor\nt") + struct.pack("<iiqqqqq", 2, 0, 4, 3, 1, 4, 0)
    + global_pickle(b"(K\x08K\x06ctorch\nFloatTensor\nt") + struct.pack("<iiqqq", 1, 0, 8, 1, 0)
)
OBJECT = global_pickle(b"}(U\x01tK\x07QU\x04viewK\x08Qu")
good(
    "oldest.tar", tar({"sys_info": SYSTEM, "storages": STORAGES, "tensors": TENSORS, "pickle": OBJECT}),
    {"t": WEIGHT.t(), "view": WEIGHT.flatten()[4:]}, "the tar archive before 0.1.10, with a list of tensors and a view of a storage",
)

CUT_TAR = tar({"sys_info": SYSTEM, "storages": STORAGES})[:1600]

# PyTorch, broken

bad("cut.pt", STATE[: len(STATE) // 2], "half of an archive", "the archive has no end record; it is truncated")
bad("no-pickle.pt", archive({"a/weights": b"12"}), "a zip of something else", "the archive has no data.pkl and is no PyTorch file; it holds 'a/weights'")
bad("no-storage.pt", changed(PLAIN, lambda get: {"data/0": None}), "a storage left out", "tensor 'w': the file has no storage '0'")
bad("short-storage.pt", changed(PLAIN, lambda get: {"data/0": get("data/0")[:-4]}), "a storage cut short", "tensor 'w': storage '0' claims 12 elements of 4 bytes; the file has 44 bytes of it")
bad("legacy-cut.pt", saved({"w": WEIGHT}, legacy=True)[:-8], "a stream cut short", "a storage at byte 345 claims 12 elements of 4 bytes; the file has 393 bytes")


def rebuilt(offset=b"K\x00", shape=b"K\x03K\x04\x86", strides=b"K\x04K\x01\x86", storage=b"FloatStorage", name=b"ctorch._utils\n_rebuild_tensor_v2\n"):
    """{'w': rebuild(storage, offset, shape, strides, False, OrderedDict())}, instruction by instruction."""
    where = b"(X\x07\x00\x00\x00storagectorch\n" + storage + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x0ctQ"
    args = b"(" + where + offset + shape + strides + b"\x89ccollections\nOrderedDict\n)Rt"
    return global_pickle(b"}X\x01\x00\x00\x00w" + name + args + b"Rs")


def torch_zip(content, data=WEIGHT.numpy().tobytes()):
    return archive({"x/data.pkl": content, "x/data/0": data, "x/version": b"3\n"})


good("by-hand.pt", torch_zip(rebuilt()), {"w": WEIGHT}, "the pickle below, unbroken")
bad("offset-negative.pt", torch_zip(rebuilt(offset=b"J\xff\xff\xff\xff")), "a negative storage offset", "tensor 'w': the storage offset -1 is not a count")
bad("offset-beyond.pt", torch_zip(rebuilt(offset=b"K\x05")), "a storage offset beyond the end", "tensor 'w': shape [3, 4] from element 5 needs 17 elements of F32; its storage has 12")
bad("offset-overflow.pt", torch_zip(rebuilt(offset=b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f")), "a storage offset of 2^63 - 1", "a tensor has no offset, shape or strides; the pickle is damaged")
bad("stride-negative.pt", torch_zip(rebuilt(strides=b"J\xfc\xff\xff\xffK\x01\x86")), "a negative stride", "tensor 'w': the stride -4 is not a count")
bad("stride-huge.pt", torch_zip(rebuilt(strides=b"J\xff\xff\xff\x7fK\x01\x86")), "a stride beyond the storage", "tensor 'w': shape [3, 4] from element 0 needs 4294967298 elements of F32; its storage has 12")
bad("shape-huge.pt", torch_zip(rebuilt(shape=b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", strides=b"K\x00K\x00\x86")), "a shape of 2^62 elements, all of them one", "tensor 'w': shape [2147483647, 2147483647] has more elements than any file holds")
bad("expanded.pt", torch_zip(rebuilt(shape=b"J\xff\xff\xff\x7fK\x01\x86", strides=b"K\x00K\x00\x86")), "one element expanded two thousand million times", "tensor 'w': shape [2147483647, 1] repeats 1 stored elements 2147483647 times; expanded views of this size are not read")
bad("ranks-differ.pt", torch_zip(rebuilt(strides=b"K\x01\x85")), "more lengths than strides", "tensor 'w': 2 lengths but 1 strides")
bad("complex.pt", torch_zip(rebuilt(storage=b"ComplexFloatStorage")), "complex numbers", "the file holds a 'torch.ComplexFloatStorage', whose elements are not read")
bad("quantized.pt", torch_zip(rebuilt(name=b"ctorch._utils\n_rebuild_qtensor\n")), "a quantized tensor", "the file holds quantized tensors (torch._utils._rebuild_qtensor), which are not read")
bad("sparse.pt", torch_zip(rebuilt(name=b"ctorch._utils\n_rebuild_sparse_tensor\n")), "a sparse tensor", "the file holds sparse tensors (torch._utils._rebuild_sparse_tensor), which are not read")
bad("unknown-rebuild.pt", torch_zip(rebuilt(name=b"cmylab.tensors\nrebuild\n")), "a tensor rebuilt by a function of somebody's", "the pickle calls 'mylab.tensors.rebuild', not on the list of harmless names; save the state_dict() alone")
bad("system.pt", torch_zip(global_pickle(b"cposix\nsystem\nX\x04\x00\x00\x00true\x85R")), "a pickle that calls the shell", "the pickle wants to call 'posix.system'; a checkpoint has no use for it")
bad("eval.pt", torch_zip(global_pickle(b"c__builtin__\neval\nX\x03\x00\x00\x001+1\x85R")), "a pickle that evaluates text", "the pickle wants to call '__builtin__.eval'; a checkpoint has no use for it")
bad("system-in-module.pt", torch_zip(global_pickle(b"cmylab\nNet\n)\x81}X\x01\x00\x00\x00acos\nsystem\nX\x04\x00\x00\x00true\x85Rsb")), "the same within a whole module", "the pickle wants to call 'os.system'; a checkpoint has no use for it")
bad("legacy-system.pt", saved({}, legacy=True)[:-4].replace(b"\x80\x02}q\x00.", global_pickle(b"cposix\nsystem\nX\x04\x00\x00\x00true\x85R")) , "a stream that calls the shell", "the pickle wants to call 'posix.system'; a checkpoint has no use for it")
bad("object-array.pt", torch_zip(pickle.dumps({"a": np.array([{}, 1], dtype=object)}, 2)), "a NumPy array of Python objects", "the array is of dtype '|O8', Python objects; arrays of real numbers are read")
bad("endless.pt", torch_zip(global_pickle(b"}q\x00X\x01\x00\x00\x00ah\x00s")[:-1]), "a pickle without its end", "the pickle has no end; it is truncated")
bad("long-text.pt", torch_zip(b"\x80\x02X\xff\xff\xff\x7fabc."), "a text that claims two thousand million bytes", "the pickle claims 2147483647 bytes at byte 7; it has 11")
bad("empty-stack.pt", torch_zip(b"\x80\x02R."), "a call with nothing to call", "the pickle takes a value where none is; it is damaged")
bad("odd-instruction.pt", torch_zip(b"\x80\x02\xff."), "an instruction that no protocol has", "the pickle has instruction 0xff at byte 2, which is not read")
# [x, x, x, x] where x is the list before: BINPUT after the first, and EMPTY_LIST, MARK, four BINGETs, APPENDS, BINPUT.
LAYERS = b"".join(bytes([0x5D, 0x28, 0x68, i, 0x68, i, 0x68, i, 0x68, i, 0x65, 0x71, i + 1]) for i in range(30))
bad("unfolding.pt", torch_zip(global_pickle(b"]q\x00" + LAYERS)), "lists that hold each other four times, thirty deep", "the pickle unfolds into more than 1000000 values")
bad("deep.pt", torch_zip(global_pickle(b"]" * 500 + b"a" * 499)), "lists nested five hundred deep", "containers of the pickle are nested more than 100 deep")
good("holds-itself.pt", torch_zip(global_pickle(b"}q\x00X\x04\x00\x00\x00selfh\x00s")), {}, "a dict that holds itself", metadata={})
bad("long-huge.pt", saved({"n": torch.tensor([2**62])}), "an integer that no float64 holds", "the integer 4611686018427387904 lies beyond 2^53 and has no exact float64")
bad("damaged.pt", patched(PLAIN, PLAIN.index(WEIGHT.numpy().tobytes()), b"\x77"), "a bit of a weight turned over", "the checksum of member 'archive/data/0' does not fit its bytes; the file is damaged")
bad("same-name.pt", saved({"a.b": WEIGHT, "a": {"b": WEIGHT}}), "two tensors of one name", "two tensors of the file are named 'a.b'")
bad("script.pt", archive({"x/data.pkl": b"\x80\x02}.", "x/constants.pkl": b"\x80\x02}.", "x/code/__torch__.py": b""}), "a TorchScript archive", "it is a TorchScript archive, a program with weights; save the state_dict() of the loaded module instead")
bad("tar-cut.tar", CUT_TAR, "a tar archive cut short", "member 'storages' claims 112 bytes; the archive ends before")
bad("tar-other.tar", tar({"readme": b"hello"}), "a tar archive of something else", "the tar archive has no member 'sys_info' and is no PyTorch file")

# NumPy

GRID = np.arange(6.0).reshape(2, 3)
good("grid.npy", array(GRID), {"array": GRID}, "one array")
good("version-2.npy", array(GRID, (2, 0)), {"array": GRID}, "header version 2")
good("column-major.npy", array(np.asfortranarray(GRID)), {"array": GRID}, "column-major")
good("big-endian.npy", array(GRID.astype(">f4")), {"array": GRID.astype(">f4")}, "big-endian")
good("scalar.npy", array(np.array(2.5)), {"array": np.array(2.5)}, "no axes")
ARRAYS = {code: np.array([0, 1, 1]).astype(code) for code in NUMPY}
good("every-dtype.npz", (lambda stream: (np.savez(stream, **ARRAYS), stream.getvalue())[1])(io.BytesIO()), ARRAYS, "np.savez")
good("deflated.npz", (lambda stream: (np.savez_compressed(stream, grid=GRID, ramp=np.arange(300.0)), stream.getvalue())[1])(io.BytesIO()), {"grid": GRID, "ramp": np.arange(300.0)}, "np.savez_compressed")
good("text-beside.npz", (lambda stream: (np.savez(stream, grid=GRID, labels=np.array(["a", "bc"])), stream.getvalue())[1])(io.BytesIO()), {"grid": GRID}, "text beside numbers", notes=["array 'labels' holds text and was passed over"])


def zip64(name, content):
    """One stored member, every size and offset in its 64-bit form."""
    import zlib

    ones = 0xFFFFFFFF
    extra = struct.pack("<HHQQ", 1, 16, len(content), len(content))
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 33, zlib.crc32(content), ones, ones, len(name), len(extra)) + name + extra
    extra = struct.pack("<HHQQQ", 1, 24, len(content), len(content), 0)
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 33, zlib.crc32(content), ones, ones, len(name), len(extra), 0, 0, 0, 0, ones) + name + extra
    offset = len(local) + len(content)
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, len(entry), offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + len(entry), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, ones, ones, 0)
    return local + content + entry + record + locator + end


good("zip64.npz", zip64(b"grid.npy", array(GRID)), {"grid": GRID}, "an archive in its 64-bit form")
GRIDS = archive({"grid.npy": array(GRID)})
PACKED = archive({"grid.npy": array(np.zeros(500))}, zipfile.ZIP_DEFLATED)
ENTRY = GRIDS.index(b"PK\x01\x02")


bad("objects.npy", array(np.array([{}, 1], dtype=object)), "Python objects", "the array is of dtype '|O', Python objects; arrays of real numbers are read")
bad("complex.npy", array(np.array([1j])), "complex numbers", "the array is of dtype '<c16', complex numbers; arrays of real numbers are read")
bad("records.npy", array(np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])), "records", "the array holds records with fields; arrays of real numbers are read")
bad("cut.npy", array(GRID)[:-8], "an array cut short", "shape [2, 3] from element 0 needs 6 elements of F64; its storage has 5")
bad("cut-header.npy", array(GRID)[:40], "a header cut short", "the header would end at byte 128 of a file of 40; it is truncated or damaged")
bad("shape-huge.npy", array(GRID).replace(b"(2, 3), }        ", b"(99999999999, 3)}"), "a shape beyond the file", "shape [99999999999, 3] from element 0 needs 299999999997 elements of F64; its storage has 6")
bad("objects.npz", archive({"x.npy": array(np.array([{}], dtype=object))}), "Python objects in an archive", "array 'x': the array is of dtype '|O', Python objects; arrays of real numbers are read")
bad("encrypted.npz", patched(GRIDS, ENTRY + 8, b"\x01"), "an encrypted member", "member 'grid.npy' is encrypted")
bad("method.npz", patched(GRIDS, ENTRY + 10, b"\x0c"), "a member packed by bzip2", "member 'grid.npy' is packed by method 12; known: stored, deflate")
bad("stored-sizes.npz", patched(GRIDS, ENTRY + 24, b"\xff\xff"), "a stored member with two sizes", "member 'grid.npy' is stored in 176 bytes but claims 65535")
bad("bomb.npz", patched(PACKED, PACKED.index(b"PK\x01\x02") + 24, b"\xff\xff\xff\x7f"), "a deflated member that claims two thousand million bytes", "member 'grid.npy' claims 2147483647 bytes from 98, more than deflate can give")
bad("damaged.npz", patched(GRIDS, ENTRY - 8, b"\x01"), "a bit of a number turned over", "the checksum of member 'grid.npy' does not fit its bytes; the file is damaged")
bad("damaged-stream.npz", patched(PACKED, PACKED.index(b"PK\x01\x02") - 20, b"\xff\xff\xff"), "a deflated member with other bytes", "member 'grid.npy' inflates to 1488 bytes and not to the 4128 it claims")
TWO = archive({"a.npy": array(GRID), "b.npy": array(GRID)})
bad("twice.npz", patched(TWO, TWO.rindex(b"b.npy"), b"a"), "two members of one name", "the archive has two members 'a.npy'")

# safetensors

SAFE = {key: value.contiguous() for key, value in EVERY.items()}
good("every-dtype.safetensors", save_safetensors(SAFE, {"format": "pt"}), SAFE, "safetensors with every dtype", metadata={"format": "pt"})


def safe(header, body=b"\0" * 16, pad=b""):
    text = (header if isinstance(header, bytes) else json.dumps(header).encode()) + pad
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype="F32", shape=(4,), offsets=(0, 16)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


good("unaligned.safetensors", safe({"w": entry()}, np.arange(4, dtype="<f4").tobytes(), b" "), {"w": torch.arange(4.0)}, "a header that ends at an odd byte")
bad("float8.safetensors", safe({"w": entry("F8_E4M3", (16,))}), "8-bit floats", "tensor 'w' is of dtype 'F8_E4M3', which is not read")
bad("sizes.safetensors", safe({"w": entry(shape=(5,))}), "a shape that its bytes do not fit", "tensor 'w' lies in 16 bytes; F32 [5] takes 20")
bad("overlap.safetensors", safe({"a": entry(), "b": entry(shape=(2,), offsets=(8, 16))}), "tensors that overlap", "tensor 'b' overlaps another; it begins at 8, the one before ends at 16")
bad("gap.safetensors", safe({"a": entry(shape=(1,), offsets=(0, 4)), "b": entry(shape=(2,), offsets=(8, 16))}), "bytes of no tensor", "bytes 4 to 8 before tensor 'b' belong to no tensor")
bad("rest.safetensors", safe({"w": entry()}, b"\0" * 20), "bytes after the last tensor", "the tensors cover 16 of 20 bytes")
bad("cut.safetensors", safe({"w": entry()}, b"\0" * 12), "a file cut short", "tensor 'w' ends at byte 86 of a file of 82; it is truncated or damaged")
bad("header-long.safetensors", struct.pack("<Q", 90_000_000) + b"{}", "a header that claims 90 MB", "the header would end at byte 90000008 of a file of 10; it is truncated or damaged")
bad("header-text.safetensors", safe(b"{\"w\": oops}"), "a header that is no JSON", "the header is no JSON; 'Unexpected token 'o', \"{\"w\": oops}\" is not valid JSON'")
bad("shape-negative.safetensors", safe({"w": entry(shape=(-4,))}), "a negative length", "tensor 'w' has no shape")
bad("shape-huge.safetensors", safe({"w": entry(shape=(2**30, 2**30))}), "a shape of 2^60 elements", "shape [1073741824, 1073741824] has more elements than any file holds")
bad("nothing.bin", b"\x80\x02", "three bytes of nothing", "no importer recognizes it")

(FIXTURES / "corpus.json").write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in ROWS) + "\n]\n")
