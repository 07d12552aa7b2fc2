"""Matrix products in PyTorch, for `npm run bench`: rows are named `NN 3830x128x512`, m x k x n, N or T a factor."""

import torch

import bench_windows


def product(name):
    def ready():
        kinds, sizes = name.split(" ")
        m, k, n = map(int, sizes.split("x"))
        a = torch.rand(m, k) if kinds[0] == "N" else torch.rand(k, m).t()
        b = torch.rand(k, n) if kinds[1] == "N" else torch.rand(n, k).t()
        out = torch.empty(m, n)
        return lambda: torch.mm(a, b, out=out)

    return ready


class Products(dict):
    def __missing__(self, name):
        return product(name)


with torch.no_grad():
    bench_windows.serve(Products())
