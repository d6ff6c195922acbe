"""Writes tests/golden/graphs.json: small problems of src/graph with the optimum that a general solver finds.

Needs NumPy, SciPy and scikit-learn: python3 tests/golden/graphs.py
"""

import json
import pathlib

import numpy as np
from scipy.optimize import linprog, minimize
from sklearn.covariance import graphical_lasso, ledoit_wolf

random = np.random.default_rng(17)


def best(objective, constraints, start, bounds):
    """The smallest value that SLSQP finds from several starts."""
    found = np.inf
    for attempt in range(6):
        x = start * (1 if attempt == 0 else random.uniform(0.5, 1.0, len(start)))
        with np.errstate(all="ignore"):
            result = minimize(
                objective, x, method="SLSQP", bounds=bounds, constraints=constraints, options={"maxiter": 1000, "ftol": 1e-14}
            )
        if all(np.min(np.atleast_1d(c["fun"](result.x))) > -1e-9 for c in constraints):
            found = min(found, result.fun)
    return found


def fasjem(norm, b, epsilon, lam):
    """min |w|_1 + epsilon |w|_norm with |w - b|_inf <= lam and the dual norm of w - b <= epsilon lam."""
    size = np.abs(b)  # signs are those of b
    k = len(b)
    if norm == 2:
        bounds = [(max(s - lam, 0), s) for s in size]
        ball = {"type": "ineq", "fun": lambda w: (epsilon * lam) ** 2 - np.sum((w - size) ** 2)}
        return best(lambda w: w.sum() + epsilon * np.sqrt(np.sum(w**2) + 1e-30), [ball], size.copy(), bounds)
    # w and their maximum; the sum of size - w is bounded
    rows = [np.r_[np.eye(k)[i], -1] for i in range(k)] + [np.r_[-np.ones(k), 0]]
    limits = [0] * k + [epsilon * lam - size.sum()]
    bounds = [(max(s - lam, 0), s) for s in size] + [(0, None)]
    return linprog(np.r_[np.ones(k), epsilon], A_ub=rows, b_ub=limits, bounds=bounds).fun


def kdiffnet(b, w, epsilon, lam):
    """min sum w|e| + epsilon |g|_2 with |e + g - b| <= lam w and |e + g - b|_2 <= epsilon lam."""
    size = np.abs(b)
    n = len(b)
    total = lambda x: x[:n] + x[n:]
    constraints = [
        {"type": "ineq", "fun": lambda x: lam * w - np.abs(total(x) - size)},
        {"type": "ineq", "fun": lambda x: (epsilon * lam) ** 2 - np.sum((total(x) - size) ** 2)},
    ]
    start = np.r_[size / 2, size / 2]
    objective = lambda x: w @ x[:n] + epsilon * np.sqrt(np.sum(x[n:] ** 2) + 1e-30)
    return best(objective, constraints, start, [(0, None)] * (2 * n))


def entries(n):
    return np.round(random.normal(size=n) * random.choice([0.3, 1.0, 2.0]), 3)


golden = {"fasjem_2": [], "fasjem_infinity": [], "kdiffnet": [], "glasso": [], "ledoit_wolf": []}
for at in range(24):
    b = entries(2 + at % 4)
    epsilon, lam = float(random.choice([0.1, 0.5, 0.9, 1.2, 1.5, 3.0])), float(random.choice([0.1, 0.3, 0.7]))
    for norm, name in [(2, "fasjem_2"), (np.inf, "fasjem_infinity")]:
        golden[name].append({"b": list(b), "epsilon": epsilon, "lambda": lam, "objective": fasjem(norm, b, epsilon, lam)})
    w = random.choice([0.5, 1.0, 1.5], len(b))
    case = {"b": list(b), "weights": list(w), "epsilon": epsilon, "lambda": lam}
    golden["kdiffnet"].append(case | {"objective": kdiffnet(b, w, epsilon, lam)})
for n, p in [(200, 5), (60, 8), (12, 6)]:
    x = random.normal(size=(n, p)) @ (np.eye(p) + 0.5 * np.eye(p, k=1))
    x = np.round((x - x.mean(0)) / x.std(0), 3)
    s = np.corrcoef(x.T)
    _, precision = graphical_lasso(s, 0.15, max_iter=2000, tol=1e-13, enet_tol=1e-13)
    golden["glasso"].append({"covariance": s.tolist(), "lambda": 0.15, "precision": precision.tolist()})
    z = (x - x.mean(0)) / x.std(0)
    golden["ledoit_wolf"].append({"columns": z.T.tolist() if n < 100 else z[:50].T.tolist(), "shrinkage": 0.0})
    columns = np.array(golden["ledoit_wolf"][-1]["columns"])
    columns = (columns - columns.mean(1, keepdims=True)) / columns.std(1, keepdims=True)
    golden["ledoit_wolf"][-1]["shrinkage"] = ledoit_wolf(columns.T, assume_centered=True)[1]
    golden["ledoit_wolf"][-1]["columns"] = np.round(columns, 6).tolist()
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
