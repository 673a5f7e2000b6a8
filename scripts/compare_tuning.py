#!/usr/bin/env python3
"""Tunes an encoder fully, with LoRA and with QLoRA, over several seeds, and compares what they are worth.

    compare_tuning.py target/release/examples/finetune --model FOLDER --pairs pairs.jsonl --eval jobbert-val
        [--limit 1000] [--steps 200] [--seeds 3] [--out target/compare-tuning] [--rate full=1e-4]

Each run is the example `finetune` in a process of its own, whose peak memory is measured. A run that is there
already is not made again. Prints a line a run, then the means, each as a share of full fine-tuning.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

METHODS = {
    "full": ["--train", "full"],
    "lora": [],
    "qlora": ["--quantize", "nf4"],
}
# Chosen on queries 1,001 to 2,000 of jobbert-val, seed 0.
RATES = {"full": 1e-4, "lora": 5e-4, "qlora": 5e-4}


def run(args, method, seed):
    """The mean metrics after tuning, the seconds it took and the peak memory in MiB."""
    out = pathlib.Path(args.out) / f"{method}-{seed}"
    done = out / "measured.json"
    if done.exists():
        return json.loads(done.read_text())
    options = ["--model", args.model, "--pairs", args.pairs, "--eval", args.eval, "--out", str(out)]
    options += ["--limit", str(args.limit), "--max-steps", str(args.steps), "--seed", str(seed)]
    options += ["--learning-rate", str(args.rates[method]), *METHODS[method]]
    start = time.perf_counter()
    process = subprocess.Popen([args.finetune, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(said)
    after = json.loads((out / "report.json").read_text())["measured"]["after"]
    measured = {"after": after, "seconds": time.perf_counter() - start, "peak": usage.ru_maxrss / 1024}
    done.write_text(json.dumps(measured))
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("finetune")
    for name in ["--model", "--pairs", "--eval"]:
        parser.add_argument(name, required=True)
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", default="target/compare-tuning")
    parser.add_argument("--rate", action="append", default=[], metavar="METHOD=RATE")
    args = parser.parse_args()
    args.rates = RATES | {name: float(rate) for name, rate in (given.split("=") for given in args.rate)}
    means = {}
    for method in METHODS:
        runs = []
        for seed in range(args.seeds):
            runs.append(run(args, method, seed))
            after = {name: round(value, 4) for name, value in runs[-1]["after"].items()}
            print(f"{method} {seed}: {after}, {runs[-1]['seconds']:.0f} s, {runs[-1]['peak']:.0f} MiB", flush=True)
        names = runs[0]["after"]
        means[method] = {name: sum(run["after"][name] for run in runs) / len(runs) for name in names}
    for method, mean in means.items():
        shares = ", ".join(f"{name} {value:.4f} ({value / means['full'][name]:.3f})" for name, value in mean.items())
        print(f"{method}, mean of {args.seeds}: {shares}")


if __name__ == "__main__":
    main()
