"""Golden numbers of tests/it/baselines.rs: scikit-learn's linear models on DeepDiff's E003 (600 genes).

    python tests/golden/baselines.py DATA/deepdiff/E003/classification      # needs numpy, scikit-learn

Features as `--features all`: ln(1 + x) of every bin, of the mean and of the largest bin of each mark,
standardised on the training genes; C chosen by validation loss (of the SVM by AUROC), of equal ones the smallest.
Made with scikit-learn 1.9.1.
"""
import sys
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC


def read(path):
    rows = [line.strip().split(",") for line in open(path)]
    values = np.array([[float(x) for x in row[2:7]] for row in rows]).reshape(-1, 100, 5)
    mean, largest = np.log1p(values.mean(1)), np.log1p(values.max(1))
    return np.hstack([np.log1p(values).reshape(len(values), -1), mean, largest]), np.array([int(row[7]) for row in rows[::100]])


(train, y), (valid, y_valid), (test, y_test) = (read(f"{sys.argv[1]}/{split}.csv") for split in ("train", "valid", "test"))
scaler = StandardScaler().fit(train)
train, valid, test = (scaler.transform(x) for x in (train, valid, test))
strengths = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 10.0]
models = {
    "logistic-regression": lambda c: LogisticRegression(C=c, max_iter=10000, tol=1e-8),
    "linear-svm": lambda c: LinearSVC(C=c, max_iter=100000, tol=1e-6),
}
for name, model in models.items():
    best = None
    for c in strengths:
        fit = model(c).fit(train, y)
        quality = roc_auc_score(y_valid, fit.decision_function(valid))
        if name == "logistic-regression":
            quality = -log_loss(y_valid, fit.predict_proba(valid)[:, 1])
        if best is None or quality > best[0]:
            best = (quality, c, roc_auc_score(y_test, fit.decision_function(test)))
    print(f"{name}: C {best[1]}, valid {best[0]:.4f}, test AUROC {best[2]:.4f}")
