"""AttentiveChrome in PyTorch, the peer for speed and for parity: one nn.LSTM a mark, as the published
code has it, tensors under its names.

    pytorch_peer.py steps --batch 16 [--threads 1]     milliseconds a train step and a forward pass, JSON
    pytorch_peer.py epoch [--genes 6601] [--batch 16]  seconds of one training epoch, JSON
    pytorch_peer.py score [--genes 19802]              seconds to score genes with both attentions, JSON

A train step is what the published regime does: a batch gathered from the training genes, forward, binary
cross-entropy, backward, norm clipped at 1, Adam at 2e-4. Needs torch. Shapes: input [gene, mark, bin].
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    """Softmax over the steps of the products with a context vector, and the mean so weighted."""

    def __init__(self, width: int):
        super().__init__()
        self.bin_context_vector = nn.Parameter(torch.empty(width, 1))

    def forward(self, outputs):  # [gene, step, width]
        weights = torch.softmax(torch.matmul(outputs, self.bin_context_vector).squeeze(-1), dim=-1)
        return torch.einsum("gs,gsw->gw", weights, outputs), weights


class Encoder(nn.Module):
    """A bidirectional LSTM and attention over its outputs."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, bidirectional=True, batch_first=True)
        self.bin_attention = Attention(2 * hidden)

    def forward(self, steps):  # [gene, step, input]
        return self.bin_attention(self.rnn(steps)[0])


class AttentiveChrome(nn.Module):
    """LSTM-α,β of Singh et al., NIPS 2017; every parameter drawn from U(-0.1, 0.1)."""

    def __init__(self, marks: int = 5, bin_hidden: int = 32, mark_hidden: int = 16):
        super().__init__()
        self.rnn_hms = nn.ModuleList(Encoder(1, bin_hidden) for _ in range(marks))
        self.hm_level_rnn_1 = Encoder(2 * bin_hidden, mark_hidden)
        self.fdiff1_1 = nn.Linear(2 * mark_hidden, 1)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)

    def forward(self, x):
        """Logits [gene], bin attention [gene, mark, bin], mark attention [gene, mark]."""
        encoded = [encoder(x[:, mark, :, None]) for mark, encoder in enumerate(self.rnn_hms)]
        context, mark_attention = self.hm_level_rnn_1(torch.stack([context for context, _ in encoded], 1))
        bin_attention = torch.stack([weights for _, weights in encoded], 1)
        return self.fdiff1_1(context).squeeze(1), bin_attention, mark_attention


def genes(n: int, marks: int = 5, bins: int = 100):
    """Counts about as those of a ChIP-seq sample, and labels."""
    return torch.poisson(torch.full((n, marks, bins), 3.0)), (torch.rand(n) > 0.5).float()


def train_step(model, optimizer, x, y) -> None:
    optimizer.zero_grad()
    functional.binary_cross_entropy_with_logits(model(x)[0], y).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def milliseconds(work, seconds: float) -> float:
    """Median over as many calls as fit into the time, after two more."""
    work(), work()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        started = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["steps", "epoch", "score"])
    parser.add_argument("--batch", type=int, default=16, help="genes a step [16]")
    parser.add_argument("--threads", type=int, default=1, help="threads [1]")
    parser.add_argument("--genes", type=int, default=6601, help="genes of an epoch, or to score [6601]")
    parser.add_argument("--seconds", type=float, default=2.0, help="time that steps are measured for, each kind [2]")
    parser.add_argument("--device", default="cpu", help="cpu or cuda [cpu]")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = AttentiveChrome().to(args.device)
    optimizer = torch.optim.Adam(model.parameters(), 2e-4)
    wait = torch.cuda.synchronize if args.device == "cuda" else lambda: None
    n = 16 * args.batch if args.mode == "steps" else args.genes
    x, y = (part.to(args.device) for part in genes(n))
    order = torch.randperm(n, device=args.device)

    if args.mode == "steps":
        at = 0

        def step():
            nonlocal at
            batch = order[at : at + args.batch]
            at = (at + args.batch) % n
            train_step(model, optimizer, x[batch], y[batch])
            wait()

        def forward():
            model(x[: args.batch])
            wait()

        result = {"train step": milliseconds(step, args.seconds)}
        with torch.inference_mode():
            result["forward"] = milliseconds(forward, args.seconds)
    elif args.mode == "epoch":
        train_step(model, optimizer, x[: args.batch], y[: args.batch])
        wait()
        started = time.perf_counter()
        for batch in order.split(args.batch):
            train_step(model, optimizer, x[batch], y[batch])
        wait()
        result = {"epoch": time.perf_counter() - started}
    else:
        with torch.inference_mode():
            model(x[:64])
            wait()
            started = time.perf_counter()
            for part in x.split(64):
                [output.cpu() for output in model(part)]
            result = {"score": time.perf_counter() - started}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
