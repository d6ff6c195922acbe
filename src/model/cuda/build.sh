#!/usr/bin/env bash
# Compiles the kernels to the PTX that is committed beside them, and prints what they need of a GPU:
#
#   src/model/cuda/build.sh FOLDER    FOLDER: the compiler, made by toolkit.sh where it is not there
#
# compute_80: the driver translates it for Ampere and everything newer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
eval "$("$here/toolkit.sh" "${1:?usage: build.sh FOLDER}")"
for name in level training; do
    [ -e "$here/$name.cu" ] || continue
    nvcc -ptx -arch=compute_80 -O3 -o "$here/$name.ptx.new" "$here/$name.cu"
    {
        # a test compares it with the source
        python3 -c 'import sys, zlib; print("// %s.cu %08x" % (sys.argv[2], zlib.crc32(open(sys.argv[1], "rb").read())))' \
            "$here/$name.cu" "$name"
        cat "$here/$name.ptx.new"
    } >"$here/$name.ptx"
    rm "$here/$name.ptx.new"
    for arch in sm_80 sm_90; do
        echo "$name.cu $arch"
        ptxas -v -arch=$arch -o /dev/null "$here/$name.ptx" 2>&1 | grep -v "bytes gmem" |
            sed -n "s/.*Compiling entry function '\(.*\)' for.*/\1/p; s/^ptxas info *: Used/  used/p; s/^ *\([0-9]* bytes stack\)/  \1/p"
    done
done
