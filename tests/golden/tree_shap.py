#!/usr/bin/env python3
"""Writes tests/golden/tree_shap.json: a small forest of scikit-learn as arrays, and the interventional Shapley values
that the shap package gives for it against one reference.  Needs: numpy, scikit-learn, shap.

    python3 tests/golden/tree_shap.py > tests/golden/tree_shap.json"""
import json

import numpy as np
import shap
from sklearn.ensemble import RandomForestRegressor

rng = np.random.default_rng(1)
# whole numbers, so that no precision tells the two sides of a threshold apart
x = rng.integers(0, 12, size=(400, 7)).astype(float)
y = ((x[:, 0] * x[:, 1] - x[:, 2] * x[:, 3] + 3 * x[:, 4]) > 20).astype(float)
forest = RandomForestRegressor(n_estimators=10, max_depth=6, min_samples_leaf=3, max_features=3, random_state=1).fit(x, y)
reference, rows = x[0], x[1:21]
explainer = shap.TreeExplainer(forest, data=reference.reshape(1, -1), feature_perturbation="interventional")
values = explainer.shap_values(rows, check_additivity=True)

out = {"start": [], "feature": [], "threshold": [], "child": [], "value": []}
for tree in forest.estimators_:
    t, shift = tree.tree_, len(out["feature"])
    out["start"].append(shift)
    for node in range(t.node_count):
        is_leaf = t.children_left[node] < 0
        out["feature"].append(-1 if is_leaf else int(t.feature[node]))
        out["threshold"].append(0.0 if is_leaf else float(t.threshold[node]))
        out["child"].append([0, 0] if is_leaf else [int(t.children_left[node]) + shift, int(t.children_right[node]) + shift])
        out["value"].append(float(t.value[node][0][0]) / len(forest.estimators_))
out |= {"reference": reference.tolist(), "rows": rows.tolist(), "values": np.asarray(values).tolist()}
print(json.dumps(out))
