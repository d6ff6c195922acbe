#!/usr/bin/env python3
"""Prints the numbers of src/explain/golden.rs: Captum's integrated gradients of AttentiveChrome (nn.LSTM)
and of a small DeepChrome, and its DeepLift (Rescale) of the latter, baseline zeros, weights and inputs by a
formula.  Needs: torch, captum, numpy."""
import numpy as np, torch
from captum.attr import DeepLift, IntegratedGradients

torch.set_default_dtype(torch.float64)


def fill(parameters):
    at = 0
    for p in parameters:
        n = p.numel()
        p.data = torch.from_numpy(((np.arange(at, at + n) * 37 % 101) / 100 - 0.5).astype(np.float32).astype(float)).reshape(p.shape)
        at += n


def inputs(genes, marks, bins):
    x = (np.arange(genes * marks * bins) * 13 % 17 / 8).reshape(genes, marks, bins)
    return torch.from_numpy(x * (1 + np.arange(genes))[:, None, None])


class AttentiveChrome(torch.nn.Module):
    def __init__(self, marks, bin_hidden, mark_hidden):
        super().__init__()
        parameter = lambda n: torch.nn.Parameter(torch.empty(n, 1))
        self.lstms = torch.nn.ModuleList([torch.nn.LSTM(1, bin_hidden, bidirectional=True) for _ in range(marks)])
        self.contexts = torch.nn.ParameterList([parameter(2 * bin_hidden) for _ in range(marks)])
        self.lstm, self.context = torch.nn.LSTM(2 * bin_hidden, mark_hidden, bidirectional=True), parameter(2 * mark_hidden)
        self.head = torch.nn.Linear(2 * mark_hidden, 1)
        order = []
        for lstm, context in [*zip(self.lstms, self.contexts), (self.lstm, self.context)]:
            for suffix in ("", "_reverse"):
                order += [getattr(lstm, f"{p}_l0{suffix}") for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            order.append(context)
        fill([*order, self.head.weight, self.head.bias])

    def attend(self, states, context):
        h = states.transpose(0, 1)
        return torch.bmm(torch.softmax((h @ context).squeeze(2), 1).unsqueeze(1), h).squeeze(1)

    def forward(self, x):
        pooled = [self.attend(l(x[:, m].t().unsqueeze(2))[0], c) for m, (l, c) in enumerate(zip(self.lstms, self.contexts))]
        return self.head(self.attend(self.lstm(torch.stack(pooled))[0], self.context)).squeeze(1)


class DeepChrome(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.pool = torch.nn.Conv1d(3, 4, 3), torch.nn.ReLU(), torch.nn.MaxPool1d(2)
        self.hidden, self.relu2, self.out = torch.nn.Linear(20, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)
        fill(self.parameters())

    def forward(self, x):
        out = self.out(self.relu2(self.hidden(self.pool(self.relu(self.conv(x))).flatten(1))))
        return out[:, 1] - out[:, 0]


def show(name, t):
    print(name, "[" + ", ".join(f"{v:.7e}" for v in t.flatten().tolist()) + "]")


x = inputs(2, 3, 7)
model = AttentiveChrome(3, 6, 3)
show("INTEGRATED_LSTM", IntegratedGradients(model).attribute(x, n_steps=50, method="gausslegendre"))
x = inputs(2, 3, 12) - 0.7
model = DeepChrome()
show("LOGIT_CNN", model(x))
show("INTEGRATED_CNN", IntegratedGradients(model).attribute(x, n_steps=50, method="gausslegendre"))
show("DEEP_LIFT_CNN", DeepLift(model).attribute(x, torch.zeros_like(x)))
