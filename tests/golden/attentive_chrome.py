#!/usr/bin/env python3
"""Prints the numbers of `agrees_with_pytorch` in src/model/attentive_chrome/tests.rs: AttentiveChrome with
nn.LSTM, 3 marks, 7 bins, 5 genes, hidden 6 and 3, weights and inputs by a formula.  Needs: torch, numpy."""
import numpy as np, torch

MARKS, BINS, GENES, BIN_HIDDEN, MARK_HIDDEN = 3, 7, 5, 6, 3
torch.set_default_dtype(torch.float64)
bin_lstm = [torch.nn.LSTM(1, BIN_HIDDEN, bidirectional=True) for _ in range(MARKS)]
bin_context = [torch.nn.Parameter(torch.empty(2 * BIN_HIDDEN, 1)) for _ in range(MARKS)]
mark_lstm = torch.nn.LSTM(2 * BIN_HIDDEN, MARK_HIDDEN, bidirectional=True)
mark_context = torch.nn.Parameter(torch.empty(2 * MARK_HIDDEN, 1))
head = torch.nn.Linear(2 * MARK_HIDDEN, 1)
parameters = []
for lstm, context in [*zip(bin_lstm, bin_context), (mark_lstm, mark_context)]:
    for suffix in ("", "_reverse"):
        parameters += [getattr(lstm, f"{p}_l0{suffix}") for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    parameters.append(context)
parameters += [head.weight, head.bias]
at = 0
for p in parameters:
    n = p.numel()
    p.data = torch.from_numpy(((np.arange(at, at + n) * 37 % 101) / 100 - 0.5).astype(np.float32).astype(float)).reshape(p.shape)
    at += n
x = torch.from_numpy((np.arange(GENES * MARKS * BINS) * 13 % 17 / 8).reshape(GENES, MARKS, BINS) * (1 + np.arange(GENES))[:, None, None])
y = torch.tensor([1.0, 0, 0, 1, 1])

def attend(states, context):
    h = states.transpose(0, 1)
    a = torch.softmax((h @ context).squeeze(2), 1)
    return torch.bmm(a.unsqueeze(1), h).squeeze(1), a

pooled, bins = zip(*(attend(l(x[:, m].t().unsqueeze(2))[0], c) for m, (l, c) in enumerate(zip(bin_lstm, bin_context))))
v, marks = attend(mark_lstm(torch.stack(pooled))[0], mark_context)
logit = head(v).squeeze(1)
loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, y)
loss.backward()
gradient = torch.cat([p.grad.flatten() for p in parameters])
show = lambda t: "[" + ", ".join(f"{v:.9e}" for v in t.flatten().tolist()) + "]"
print("weights", at)
print("LOGIT", show(logit))
print("LOSS", f"{loss.item():.9e}")
print("BIN_ATTENTION of gene 1, mark 2", show(bins[2][1]))
print("MARK_ATTENTION of gene 4", show(marks[4]))
print("GRADIENT at every 97th weight", show(gradient[::97]))
print("GRADIENT_NORM", f"{gradient.norm().item():.9e}")
