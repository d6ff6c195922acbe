#!/usr/bin/env bash
# Makes the stand-in for NVIDIA's libraries: driver.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: driver.sh FOLDER}
mkdir -p "$folder"
c++ -std=c++17 -O2 -ffp-contract=off -w -shared -fPIC -I "$here/../../src/model/cuda" -o "$folder/libcuda.so.1" "$here/driver.cpp"
ln -sf libcuda.so.1 "$folder/libcublas.so.13"
ln -sf libcuda.so.1 "$folder/libcurand.so.10"
