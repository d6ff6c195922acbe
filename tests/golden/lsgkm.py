"""Golden numbers of lsgkm for tests/it/lsgkm.rs: small models of formula sequences, gkmpredict's scores and gkmexplain's
contributions (mode 0) of four sequences.

    lsgkm.py BIN EXPLAIN > tests/golden/lsgkm.json

BIN: folder of gkmtrain, gkmtrain-svr and gkmpredict of github.com/Dongwon-Lee/lsgkm; EXPLAIN: that of gkmexplain of
github.com/kundajelab/lsgkm, which takes no model of one strand and none of numbers.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = {
    "gkm_cnt": ["-t", 0, "-l", 6, "-k", 4, "-d", 2],
    "gkm_estfull": ["-t", 1, "-l", 6, "-k", 3, "-d", 3],
    "gkm_esttrunc": ["-t", 2, "-l", 11, "-k", 7, "-d", 3],
    "wgkm": ["-t", 4, "-l", 7, "-k", 5, "-d", 1, "-M", 9, "-H", 6],
    "one strand": ["-t", 0, "-l", 5, "-k", 3, "-d", 2, "-R"],
    "numbers": ["-t", 2, "-l", 6, "-k", 4, "-d", 2],
}


def sequences(n: int, length: int, state: int) -> list:
    found = []
    for at in range(n):
        letters = []
        for _ in range(length):
            state = (state * 0x5851F42D4C957F2D + 0x14057B7EF767814F) % 2**64
            letters.append("ACGT"[state >> 62])
        if at % 2 == 0:
            letters[at % 20 : at % 20 + 7] = "CCACGTG"
        found.append("".join(letters))
    return found


def write(path: Path, rows: list) -> Path:
    path.write_text("".join(f">s{at}\n{letters}\n" for at, letters in enumerate(rows)))
    return path


def run(*command) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    programs, explain = map(Path, sys.argv[1:])
    train, test = sequences(24, 40, 7), [*sequences(3, 40, 11), sequences(1, 57, 13)[0]]
    cases = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        positive, negative = write(folder / "p.fa", train[::2]), write(folder / "n.fa", train[1::2])
        tested = write(folder / "t.fa", test)
        for name, options in CASES.items():
            if name == "numbers":
                rows = (f"{letters}\t{at % 2 * 1.5 + at / 50}\n" for at, letters in enumerate(train))
                (folder / "y.txt").write_text("".join(rows))
                run(programs / "gkmtrain-svr", *options, folder / "y.txt", folder / "m")
            else:
                run(programs / "gkmtrain", *options, positive, negative, folder / "m")
            model = (folder / "m.model.txt").read_text()
            run(programs / "gkmpredict", tested, folder / "m.model.txt", folder / "scores")
            scores = [float(line.split("\t")[1]) for line in (folder / "scores").read_text().splitlines()]
            parts = []
            if name not in ("one strand", "numbers"):
                # it does not know the line norc
                (folder / "e.txt").write_text(model.replace("norc 0\n", ""))
                run(explain / "gkmexplain", tested, folder / "e.txt", folder / "parts")
                lines = [line.split("\t")[2] for line in (folder / "parts").read_text().splitlines()]
                parts = [[sum(map(float, base.split(","))) for base in line.split(";")] for line in lines]
            cases[name] = {"model": model, "scores": scores, "parts": parts}
    print(json.dumps({"test": test, "cases": cases}, indent=1))


if __name__ == "__main__":
    main()
