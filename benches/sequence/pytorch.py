"""DeepMotif's networks in PyTorch, the peer for speed and for accuracy, in the published regime: Adam at 1e-2, halved
every 10 epochs, batches of 256, gradients cut to ±5 element by element, dropout 0.5; shuffled, and the epoch with the
best validation AUROC is kept, which are ours.

    pytorch.py steps deep-motif-cnn [--length 101] [--seconds 5]    milliseconds a train step, JSON
    pytorch.py train deep-motif-cnn train.fasta test.fasta splits.tsv [--seed 1] [--epochs 50]

`train` reads files of FastSK (a header >1 or >0, then the sequence) and the splits of attentrack-split, so that both
programs learn from, and are judged on, the same sequences. It prints the test AUROC of the kept epoch, JSON.
Needs torch and numpy.
"""

import argparse
import copy
import csv
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ModuleList([nn.Conv1d(4, 128, 9), nn.Conv1d(128, 128, 5), nn.Conv1d(128, 128, 3)])
        self.out = nn.Linear(128, 2)

    def forward(self, x):  # [sequence, base, position]
        for at, conv in enumerate(self.conv):
            x = functional.relu(conv(x))
            x = functional.dropout(functional.max_pool1d(x, 2) if at < 2 else x, 0.5, self.training)
        return functional.log_softmax(self.out(x.amax(2)), 1)


class Rnn(nn.Module):
    def __init__(self, inputs: int = 4):
        super().__init__()
        self.rnn = nn.LSTM(inputs, 32, bidirectional=True, batch_first=True)
        self.out = nn.Linear(64, 2)
        for name, parameter in self.rnn.named_parameters():
            if "weight" in name:
                nn.init.normal_(parameter, 0, (inputs + 32) ** -0.5)
            else:
                nn.init.zeros_(parameter)
                if "bias_ih" in name:
                    parameter.data[32:64] = 1

    def forward(self, x):
        h = functional.dropout(self.rnn(x.transpose(1, 2))[0], 0.5, self.training)
        return functional.log_softmax(self.out(h.mean(1)), 1)


class CnnRnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 128, 9, padding=4)
        self.rnn = Rnn(128)

    def forward(self, x):
        return self.rnn(functional.relu(self.conv(x)))


NETWORKS = {"deep-motif-cnn": Cnn, "deep-motif-rnn": Rnn, "deep-motif-cnn-rnn": CnnRnn}


def step(model, optimizer, x, y) -> None:
    optimizer.zero_grad()
    functional.nll_loss(model(x), y).backward()
    nn.utils.clip_grad_value_(model.parameters(), 5.0)
    optimizer.step()


def steps(args) -> dict:
    model = NETWORKS[args.model]()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    x = functional.one_hot(torch.randint(4, (16 * args.batch, args.length)), 4).transpose(1, 2).float().contiguous()
    y = torch.randint(2, (len(x),))
    order, times, end = torch.randperm(len(x)), [], time.perf_counter() + args.seconds
    while time.perf_counter() < end or len(times) < 5:
        for batch in order.split(args.batch):
            started = time.perf_counter()
            step(model, optimizer, x[batch], y[batch])
            times.append(1e3 * (time.perf_counter() - started))
    return {"train step": statistics.median(times[2:])}


def read_fasta(path: Path):
    """Labels by the names that attentrack gives: STEM:1, …; and sequences."""
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    labels = [int(line[1:] == "1") for line in lines if line.startswith(">")]
    sequences = "\n".join("|" if line.startswith(">") else line for line in lines).split("|")[1:]
    sequences = [sequence.replace("\n", "").upper() for sequence in sequences]
    return {f"{path.stem}:{at}": pair for at, pair in enumerate(zip(sequences, labels), 1)}


def one_hot(sequences, length: int):
    """Shorter ones stand in the middle; an unknown base is four zeros."""
    x = np.zeros((len(sequences), 4, length), "f4")
    for at, sequence in enumerate(sequences):
        before = (length - len(sequence)) // 2
        for position, base in enumerate(sequence, before):
            code = "ACGT".find(base)
            if code >= 0:
                x[at, code, position] = 1
    return torch.from_numpy(x)


def auroc(scores, labels) -> float:
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[ranks]
    positive = labels == 1
    n = positive.sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(labels) - n)))


def train(args) -> dict:
    records = {**read_fasta(args.train), **read_fasta(args.test)}
    with open(args.splits) as file:
        rows = [row for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t") if row["fold"] == "0"]
    length = max(len(sequence) for sequence, _ in records.values())

    def part(split: str):
        own = [records[row["gene_id"]] for row in rows if row["split"] == split]
        return one_hot([sequence for sequence, _ in own], length), torch.tensor([label for _, label in own])

    (x, y), valid, test = part("train"), part("valid"), part("test")
    model = NETWORKS[args.model]()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)

    def judge(x, y) -> float:
        model.eval()
        with torch.inference_mode():
            scores = torch.cat([(out := model(part))[:, 1] - out[:, 0] for part in x.split(256)])
        return auroc(scores.numpy(), y.numpy())

    best = (0.0, 0, None)
    started = time.process_time()
    for epoch in range(1, args.epochs + 1):
        model.train()
        for batch in torch.randperm(len(x)).split(args.batch):
            step(model, optimizer, x[batch], y[batch])
        schedule.step()
        metric = judge(*valid)
        if metric >= best[0]:
            best = (metric, epoch, copy.deepcopy(model.state_dict()))
    seconds = time.process_time() - started
    model.load_state_dict(best[2])
    return {"auroc": judge(*test), "valid": best[0], "epoch": best[1], "cpu_seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    of_steps, of_train = modes.add_parser("steps"), modes.add_parser("train")
    for mode in (of_steps, of_train):
        mode.add_argument("model", choices=NETWORKS)
        mode.add_argument("--batch", type=int, default=256)
        mode.add_argument("--threads", type=int, default=1)
        mode.add_argument("--seed", type=int, default=1)
    of_steps.add_argument("--length", type=int, default=101)
    of_steps.add_argument("--seconds", type=float, default=5.0)
    of_train.add_argument("train", type=Path)
    of_train.add_argument("test", type=Path)
    of_train.add_argument("splits", type=Path)
    of_train.add_argument("--epochs", type=int, default=50)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    result = steps(args) if args.mode == "steps" else train(args)
    print(json.dumps({"model": args.model, **result}))


if __name__ == "__main__":
    main()
