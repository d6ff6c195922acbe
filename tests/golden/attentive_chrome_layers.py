#!/usr/bin/env python3
"""Prints the numbers of `two_layers_agree_with_pytorch_and_the_shares_of_both_sum_to_one` in
src/model/attentive_chrome/tests.rs: AttentiveChrome with a second encoder for each mark, over its 4 places of the gene's
body, behind those over its 7 bins; 3 marks, 5 genes, hidden 6 and 3, weights and inputs by a formula.  A row holds the
bins of all marks, then the places of all marks.  Needs: torch, numpy."""
import numpy as np, torch

MARKS, BINS, PLACES, GENES, BIN_HIDDEN, MARK_HIDDEN = 3, 7, 4, 5, 6, 3
torch.set_default_dtype(torch.float64)
bin_lstm = [torch.nn.LSTM(1, BIN_HIDDEN, bidirectional=True) for _ in range(2 * MARKS)]
bin_context = [torch.nn.Parameter(torch.empty(2 * BIN_HIDDEN, 1)) for _ in range(2 * MARKS)]
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
SIZE = MARKS * (BINS + PLACES)
rows = torch.from_numpy((np.arange(GENES * SIZE) * 13 % 17 / 8).reshape(GENES, SIZE) * (1 + np.arange(GENES))[:, None])
window, body = rows.split([MARKS * BINS, MARKS * PLACES], 1)
steps = [*window.reshape(GENES, MARKS, BINS).unbind(1), *body.reshape(GENES, MARKS, PLACES).unbind(1)]
y = torch.tensor([1.0, 0, 0, 1, 1])

def attend(states, context):
    h = states.transpose(0, 1)
    a = torch.softmax((h @ context).squeeze(2), 1)
    return torch.bmm(a.unsqueeze(1), h).squeeze(1), a

pooled, bins = zip(*(attend(l(x.t().unsqueeze(2))[0], c) for x, l, c in zip(steps, bin_lstm, bin_context)))
v, marks = attend(mark_lstm(torch.stack(pooled))[0], mark_context)
logit = head(v).squeeze(1)
loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, y)
loss.backward()
gradient = torch.cat([p.grad.flatten() for p in parameters])
show = lambda t: "[" + ", ".join(f"{v:.9e}" for v in t.flatten().tolist()) + "]"
print("weights", at)
print("LOGIT", show(logit))
print("BODY_ATTENTION of gene 1, mark 2", show(bins[MARKS + 2][1]))
print("MARK_ATTENTION of gene 4", show(marks[4]))
print("GRADIENT at every 97th weight", show(gradient[::97]))
print("GRADIENT_NORM", f"{gradient.norm().item():.9e}")
