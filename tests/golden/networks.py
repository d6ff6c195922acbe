#!/usr/bin/env python3
"""Writes tests/golden/networks.json: outputs and gradients of every network in PyTorch (nn.LSTM, conv1d,
max_pool1d, softmax, float64), with small sizes and weights and inputs by a formula.  Needs: torch, numpy.

    python3 tests/golden/networks.py > tests/golden/networks.json"""
import json

import numpy as np
import torch
import torch.nn.functional as F

MARKS, BINS, GENES = 3, 20, 5
torch.set_default_dtype(torch.float64)


class Weights:
    """The weights of a model, one tensor after the other, by a formula in their place."""

    def __init__(self):
        self.tensors = []

    def next(self, *shape):
        first, n = sum(t.numel() for t in self.tensors), int(np.prod(shape))
        values = (np.arange(first, first + n) * 37 % 101 / 100 - 0.5).astype(np.float32).astype(float)
        self.tensors.append(torch.from_numpy(values).reshape(shape).requires_grad_())
        return self.tensors[-1]


def lstm(w, inputs, hidden):
    layer = torch.nn.LSTM(inputs, hidden, bidirectional=True, batch_first=True)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    shapes = ((4 * hidden, inputs), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
    values = {f"{n}_l0{suffix}": w.next(*s) for suffix in ("", "_reverse") for n, s in zip(names, shapes)}
    return lambda x: torch.func.functional_call(layer, values, (x,))


def attend(h, vector):
    attention = torch.softmax((h @ vector).squeeze(2), 1)
    return torch.bmm(attention.unsqueeze(1), h).squeeze(1), attention


def lstm_attention(w, x, inputs, hidden):
    layer, vector = lstm(w, inputs, hidden), w.next(2 * hidden, 1)
    return attend(layer(x)[0], vector)


def front_end(w, x, kernel_width, filters, pool):
    """[gene, position, filter]"""
    weight, bias = w.next(filters, x.shape[1], kernel_width), w.next(filters)
    return F.max_pool1d(F.relu(F.conv1d(x, weight, bias)), pool).transpose(1, 2)


def over_bins(attention, bins, kernel_width, pool):
    """A position's attention, shared evenly by the bins that it sees."""
    seen = kernel_width + pool - 1
    out = torch.zeros(attention.shape[0], bins)
    for position in range(attention.shape[1]):
        out[:, position * pool : position * pool + seen] += attention[:, position : position + 1] / seen
    return out


def linear(w, x, outputs):
    weight, bias = w.next(outputs, x.shape[1]), w.next(outputs)
    return F.linear(x, weight, bias)


def all_marks(attention):
    return attention.unsqueeze(1).expand(-1, MARKS, -1)


def flat(attentions):
    """Those of the layers, [gene, mark, place], as [gene, number of the row]."""
    return torch.cat([attention.flatten(1) for attention in attentions], 1)


def of_layers(x, s):
    """Of rows [gene, number] the window and, where it is read, the body, each [gene, mark, place] with its convolution:
    along the body a filter sees at most a quarter of the places, and nothing is pooled."""
    conv, parts = [s.get(k) for k in ("kernel_width", "filters", "pool")], s.get("body_parts", 0)
    layers = [(x[:, : MARKS * BINS].reshape(GENES, MARKS, BINS), conv)]
    if parts:
        conv = conv[0] and [max(min(conv[0], parts // 4), 1), conv[1], 1]
        layers.append((x[:, MARKS * BINS :].reshape(GENES, MARKS, parts), conv))
    return layers


def run(w, x, s):
    """Outputs [gene, 1 or 2], bin attention, mark attention."""
    tag, layers = s["tag"], of_layers(x, s)
    if tag == "lstm":
        lasts = []
        for own, _ in layers:
            last = lstm(w, MARKS, s["bin_hidden"])(own.transpose(1, 2))[1][0]  # [direction, gene, unit]
            lasts += [last[0], last[1]]
        return linear(w, torch.cat(lasts, 1), 1), None, None
    if tag == "lstm-attention":
        parts = [lstm_attention(w, own.transpose(1, 2), MARKS, s["bin_hidden"]) for own, _ in layers]
        contexts, attentions = zip(*parts)
        return linear(w, torch.cat(contexts, 1), 1), flat([all_marks(a) for a in attentions]), None
    if tag in ("lstm-alpha", "attentive-chrome"):
        marks = [own[:, m] for own, _ in layers for m in range(MARKS)]
        contexts, attentions = zip(*[lstm_attention(w, row.unsqueeze(2), 1, s["bin_hidden"]) for row in marks])
        if tag == "lstm-alpha":
            return linear(w, torch.cat(contexts, 1), 1), flat(attentions), None
        context, beta = lstm_attention(w, torch.stack(contexts, 1), 2 * s["bin_hidden"], s["mark_hidden"])
        return linear(w, context, 1), flat(attentions), beta
    if tag == "cnn-attention":
        contexts, attentions = [], []
        for own, conv in layers:
            context, attention = attend(front_end(w, own, *conv), w.next(s["filters"], 1))
            contexts.append(context)
            attentions.append(all_marks(over_bins(attention, own.shape[2], conv[0], conv[2])))
        return linear(w, torch.cat(contexts, 1), 1), flat(attentions), None
    if tag == "cnn-alpha-beta":
        contexts, attentions = [], []
        for own, conv in layers:
            for m in range(MARKS):
                context, attention = attend(front_end(w, own[:, m : m + 1], *conv), w.next(s["filters"], 1))
                contexts.append(context)
                attentions.append(over_bins(attention, own.shape[2], conv[0], conv[2]))
        context, marks = lstm_attention(w, torch.stack(contexts, 1), s["filters"], s["mark_hidden"])
        return linear(w, context, 1), flat(attentions), marks
    if tag == "deep-chrome":
        h = torch.cat([front_end(w, own, *conv).transpose(1, 2).flatten(1) for own, conv in layers], 1)
        for units in s["hidden"]:
            h = F.relu(linear(w, h, units))
        return linear(w, h, s["n_outputs"]), None, None
    if tag == "deep-chrome-linear":
        return linear(w, x, s["n_outputs"]), None, None
    if tag == "deep-chrome-mlp":
        return linear(w, torch.tanh(linear(w, x, s["hidden"])), s["n_outputs"]), None, None
    if tag == "deep-motif-cnn":
        h = layers[0][0]
        for width in [s["kernel_width"], *s["later_widths"]]:
            h = F.relu(F.conv1d(h, w.next(s["filters"], h.shape[1], width), w.next(s["filters"])))
            h = F.max_pool1d(h, s["pool"]) if width != s["later_widths"][-1] else h
        return linear(w, h.max(2)[0], s["n_outputs"]), None, None
    if tag.startswith("deep-motif"):
        h = layers[0][0]
        if "kernel_width" in s:
            pad, width = s["kernel_width"] - 1, s["kernel_width"]
            h = F.pad(h, (pad // 2, pad - pad // 2))
            h = F.relu(F.conv1d(h, w.next(s["filters"], MARKS, width), w.next(s["filters"])))
        h = lstm(w, h.shape[1], s["bin_hidden"])(h.transpose(1, 2))[0]
        return linear(w, h.mean(1), s["n_outputs"]), None, None
    if tag == "deep-diff":
        return deep_diff(w, layers[0][0], s)
    raise SystemExit(tag)


def deep_diff(w, x, s):
    """As published (QData/DeepDiffChrome); also expression in A and B, and the squared distance."""
    variant, units, half = s["variant"], s["bin_hidden"], MARKS // 2
    a, b = x[:, :half], x[:, half:]
    aux, siamese = "aux" in variant, "siamese" in variant
    raw = {"raw-d": [a - b], "raw-c": [a, b], "aux": [], "aux-siamese": []}.get(variant, [a, b, a - b])

    def encoder():
        layer, vector = lstm(w, 1, units), w.next(2 * units, 1)
        return lambda row: attend(layer(row.unsqueeze(2))[0], vector)

    def over(rows, encoders):
        parts = [encode(row) for row, encode in zip(rows, encoders)]
        return [torch.stack(t, 1) for t in zip(*parts)]

    rows = list(torch.cat(raw, 1).unbind(1)) if raw else []
    raw_encoders = [encoder() for _ in rows]
    sample_encoders = [encoder() for _ in range(0 if not aux else half if siamese else MARKS)]
    level_2 = [(lstm(w, 2 * units, s["mark_hidden"]), w.next(2 * s["mark_hidden"], 1)) for _ in range(bool(raw) + 2 * aux)]
    pool = lambda level, contexts: attend(level[0](contexts)[0], level[1])
    width = 2 * s["mark_hidden"]
    others = None
    if aux:
        contexts, attentions = over(x.unbind(1), sample_encoders * 2 if siamese else sample_encoders)
        vectors, marks = zip(*[pool(level_2[bool(raw) + i], contexts[:, i * half : (i + 1) * half]) for i in (0, 1)])
        weights, biases = [w.next(1, width) for _ in "AB"], [w.next(1) for _ in "AB"]
        expression = [F.linear(v, weight, bias).squeeze(1) for v, weight, bias in zip(vectors, weights, biases)]
        flat = [contexts[:, :half].flatten(1), contexts[:, half:].flatten(1)]
        others = expression, F.pairwise_distance(*flat) ** 2 if siamese else None
    if not raw:
        h = F.relu(linear(w, torch.cat(vectors, 1), width))
        return linear(w, h, 1), attentions, torch.cat(marks, 1) / 2, others
    raw_contexts, raw_attentions = over(rows, raw_encoders)
    if aux:
        raw_contexts, raw_attentions = torch.cat([raw_contexts, contexts], 1), torch.cat([raw_attentions, attentions], 1)
    vector, beta = pool(level_2[0], raw_contexts)
    # the attention of the inputs: an encoder's goes to the mark, or in halves to the two, that it reads
    reads = [[m] for m in range(MARKS)] if variant != "raw-d" else []
    reads += [] if variant == "raw-c" else [[m, m + half] for m in range(half)]
    reads += [[m] for m in range(MARKS)] if aux else []
    joint = torch.zeros(GENES, MARKS, BINS)
    for at, marks in enumerate(reads):
        for mark in marks:
            joint[:, mark] += beta[:, at : at + 1] * raw_attentions[:, at].detach() / len(marks)
    beta = joint.sum(2)
    return linear(w, vector, 1), joint / beta.unsqueeze(2), beta, others


def case(**sizes):
    global MARKS
    MARKS = 4 if sizes["tag"].startswith(("deep-diff", "deep-motif")) else 3
    w = Weights()
    row = MARKS * (BINS + sizes.get("body_parts", 0))
    at = np.arange(GENES * row)
    # no two positions of a convolution alike: rounding would decide which of them is the highest
    x = (at * 7919 + at * at * 31) % 1009 / 400
    x = torch.from_numpy(x.astype(np.float32).astype(float)).reshape(GENES, row).requires_grad_()
    y = torch.tensor([1.0, 0, 0, 1, 1])
    outputs, bins, marks, *others = run(w, x, sizes)
    if outputs.shape[1] == 2:  # as published: a softmax over the classes
        logit = outputs[:, 1] - outputs[:, 0]
        loss = F.nll_loss(F.log_softmax(outputs, 1), y.long())
    else:
        logit = outputs.squeeze(1)
        loss = F.binary_cross_entropy_with_logits(logit, y)
    if others and others[0]:  # DeepDiff's other losses, of labels as if they were numbers, times 3 for a change over 2
        (in_a, in_b), squared = others[0]
        change = 3 * y
        loss = loss + F.mse_loss(in_a, 0.5 - change) + F.mse_loss(in_b, torch.full_like(y, 0.5))
        if squared is not None:
            apart, d = (change.abs() >= 2).double(), squared.sqrt()
            loss = loss + 4 * ((1 - apart) * squared + apart * torch.clamp(2 - d, min=0) ** 2).mean()
    loss.backward()
    gradient = torch.cat([t.grad.flatten() for t in w.tensors])
    numbers = lambda t, step=1: None if t is None else [float(f"{v:.8e}") for v in t.flatten()[::step].tolist()]
    return {
        "model": {"tag": sizes.pop("tag"), "n_marks": MARKS, "n_bins": BINS, **sizes},
        "n_weights": gradient.numel(),
        "logit": numbers(logit),
        "loss": numbers(loss)[0],
        "bin_attention_at_every_7th": numbers(bins, 7),
        "mark_attention": numbers(marks),
        "gradient_at_every_7th": numbers(gradient, 7),
        "gradient_norm": float(f"{gradient.norm().item():.8e}"),
        "input_gradient_at_every_7th": numbers(x.grad, 7),
    }


conv = {"kernel_width": 4, "filters": 6, "pool": 3}
cases = [
    case(tag="lstm", bin_hidden=5),
    case(tag="lstm-attention", bin_hidden=5),
    case(tag="lstm-alpha", bin_hidden=4),
    case(tag="cnn-attention", **conv),
    case(tag="cnn-alpha-beta", mark_hidden=3, **conv),
    case(tag="deep-chrome", hidden=[9, 4], n_outputs=2, **conv),
    case(tag="deep-chrome", hidden=[], n_outputs=1, **conv),
    case(tag="deep-chrome-linear", n_outputs=2),
    case(tag="deep-chrome-mlp", hidden=7, n_outputs=2),
    case(tag="deep-motif-cnn", kernel_width=4, later_widths=[3, 2], filters=6, pool=2, n_outputs=2),
    case(tag="deep-motif-rnn", bin_hidden=5, n_outputs=2),
    case(tag="deep-motif-cnn-rnn", kernel_width=4, filters=6, bin_hidden=5, n_outputs=2),
    # with the genes' bodies
    case(tag="attentive-chrome", body_parts=7, bin_hidden=4, mark_hidden=3),
    case(tag="lstm", body_parts=7, bin_hidden=5),
    case(tag="lstm-attention", body_parts=7, bin_hidden=5),
    case(tag="lstm-alpha", body_parts=7, bin_hidden=4),
    case(tag="cnn-attention", body_parts=9, **conv),
    case(tag="cnn-alpha-beta", body_parts=9, mark_hidden=3, **conv),
    case(tag="deep-chrome", body_parts=9, hidden=[9, 4], n_outputs=2, **conv),
    case(tag="deep-chrome-linear", body_parts=7, n_outputs=2),
    case(tag="deep-chrome-mlp", body_parts=7, hidden=7, n_outputs=2),
    *[
        case(tag="deep-diff", variant=variant, bin_hidden=4, mark_hidden=3)
        for variant in ("raw-d", "raw-c", "raw", "aux", "raw-aux", "aux-siamese", "raw-aux-siamese")
    ],
]
print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
