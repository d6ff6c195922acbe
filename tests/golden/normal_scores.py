"""Normal scores by scipy, for src/learn/measure.rs: python3 tests/golden/normal_scores.py > tests/golden/normal_scores.json"""

import json

import numpy as np
from scipy.stats import norm, rankdata


def case(values):
    values = np.asarray(values, dtype=np.float32)
    scores = norm.ppf((rankdata(values) - 0.5) / len(values))
    return {"values": values.tolist(), "scores": scores.tolist()}


rng = np.random.default_rng(1)
counts = rng.poisson(0.7, 60)
cases = [
    case([3.0, 1.0, 2.0]),
    case(counts),
    case(rng.gamma(0.5, 3.0, 80)),
    case(np.where(rng.random(60) < 0.6, 0.0, rng.normal(size=60))),
    case([5.0] * 9),
]
print(json.dumps(cases))
