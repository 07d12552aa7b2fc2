"""Times PyTorch for `npm run bench`: the lines it is asked over, one JSON object each way.

    {"row": "mlp gather", "threads": 2, "ms": 120}  ->  {"calls": 11, "elapsedMs": 121.3, "cpuMs": 230.1, "value": 4.57}

`elapsedMs` holds whole calls and lasts at least `ms`; `cpuMs` is what this process used meanwhile, over all threads. A
row's work is set up when it is first asked for and warmed up whenever the threads change. Run by test/bench with the
environment that is to be measured; a dictionary of rows is all that a script adds.
"""

import json
import sys
import time

import torch

WARM_UP_CALLS = 3


def serve(rows):
    """`rows`: functions by name, each of which returns the call to time; a call may return a number to compare."""
    ready = {}
    print(json.dumps({"torch": torch.__version__.split("+")[0], "rows": list(rows)}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        key = (asked["row"], asked["threads"])
        torch.set_num_threads(asked["threads"])
        try:
            if key not in ready:
                ready.clear()
                ready[key] = rows[asked["row"]]()
                for _ in range(WARM_UP_CALLS):
                    ready[key]()
            answer = window(ready[key], asked["ms"])
        except Exception as error:  # said to whoever asked; the next row may do
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(answer), flush=True)


def window(call, wanted_ms):
    cpu = time.process_time()
    start = time.perf_counter()
    calls = 0
    while True:
        value = call()
        calls += 1
        elapsed_ms = 1000 * (time.perf_counter() - start)
        if elapsed_ms >= wanted_ms:
            break
    cpu_ms = 1000 * (time.process_time() - cpu)
    return {"calls": calls, "elapsedMs": elapsed_ms, "cpuMs": cpu_ms, "value": value if isinstance(value, float) else 0.0}
