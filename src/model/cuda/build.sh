#!/usr/bin/env bash
# Compiles the kernels to the PTX that is committed beside them, and prints what they need of a GPU:
#
#   src/model/cuda/build.sh FOLDER    FOLDER: the compiler, made by toolkit.sh where it is not there
#
# compute_80: the driver translates it for Ampere and everything newer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
eval "$("$here/toolkit.sh" "${1:?usage: build.sh FOLDER}")"
cd "$here"
python3 - <<'EOF'
import re, subprocess, zlib

table = {}
for name in ("level", "training"):
    source = open(f"{name}.cu", "rb").read()
    # with what it includes, in its order
    for included in re.findall(rb'#include "(.*)"', source) + ([b"layout.cuh"] if name == "level" else []):
        source += open(included, "rb").read()
    subprocess.run(["nvcc", "-ptx", "-arch=compute_80", "-O3", "-o", f"{name}.ptx", f"{name}.cu"], check=True)
    ptx = open(f"{name}.ptx").read()
    # a test compares the first line with the source
    open(f"{name}.ptx", "w").write("// %s.cu %08x\n%s" % (name, zlib.crc32(source), ptx))
    for arch in ("sm_80", "sm_90"):
        command = ["ptxas", "-v", f"-arch={arch}", "-o", "/dev/null", f"{name}.ptx"]
        words = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        for kernel, text in re.findall(r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry|\Z)", words, re.S):
            find = lambda pattern: int((re.findall(pattern, text) or ["0"])[0])
            spilled = find(r"(\d+) bytes spill stores") + find(r"(\d+) bytes spill loads") + find(r"(\d+) bytes stack")
            table.setdefault(kernel, []).append((find(r"Used (\d+) registers"), find(r"(\d+) bytes smem"), spilled))
print("| kernel | registers sm_80 | sm_90 | shared memory, bytes | spilled, bytes |\n|---|--:|--:|--:|--:|")
for kernel, (a, h) in sorted(table.items()):
    print(f"| {kernel} | {a[0]} | {h[0]} | {max(a[1], h[1])} | {a[2] + h[2]} |")
EOF
