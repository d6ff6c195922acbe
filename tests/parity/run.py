"""Parity with PyTorch: outputs and every gradient, over batch sizes and numbers of marks.

    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python tests/parity/run.py

Writes weights, inputs, outputs and gradients of PyTorch (in float32, and in float64 rounded to float32)
for every case into a folder, and has the ignored test `parity` of this crate compare with them. The model
is that of benches/training/pytorch_peer.py, with weights from U(-0.1, 0.1), inputs as counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benches" / "training"))
from pytorch_peer import AttentiveChrome, genes  # noqa: E402


def write_case(folder: Path, batch: int, marks: int, bins: int) -> None:
    torch.manual_seed(1000 * batch + marks)
    single = AttentiveChrome(marks)
    x, y = genes(batch, marks, bins)
    for name, model, dtype in (("f32", single, torch.float32), ("f64", AttentiveChrome(marks).double(), torch.float64)):
        model.load_state_dict(single.state_dict())
        out = folder / name
        out.mkdir(parents=True)
        logit, bin_attention, mark_attention = model(x.to(dtype))
        loss = functional.binary_cross_entropy_with_logits(logit, y.to(dtype))
        loss.backward()
        tensors = {"input": x, "label": y, "logit": logit, "bin_attention": bin_attention, "mark_attention": mark_attention}
        for part, parameter in model.named_parameters():
            tensors[f"weight.{part}"], tensors[f"gradient.{part}"] = parameter, parameter.grad
        for part, tensor in tensors.items():
            np.save(out / f"{part}.npy", tensor.detach().numpy().astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", default="1,16,21,64,256", help="batch sizes [1,16,21,64,256]")
    parser.add_argument("--marks", default="1,3,5,9", help="numbers of marks [1,3,5,9]")
    parser.add_argument("--bins", type=int, default=100, help="bins [100]")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for batch in map(int, args.batches.split(",")):
            for marks in map(int, args.marks.split(",")):
                write_case(Path(folder) / f"batch {batch:3}, marks {marks}", batch, marks, args.bins)
        command = "cargo test --release --test it -- --ignored --nocapture outputs_and_gradients_are_those_of_pytorch"
        sys.exit(subprocess.run(command.split(), cwd=ROOT, env={**os.environ, "ATTENTRACK_PARITY": folder}).returncode)


if __name__ == "__main__":
    main()
