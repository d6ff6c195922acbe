#!/usr/bin/env bash
# NVIDIA's CUDA 13.0 compiler, headers and cudart from PyPI, without root and without a GPU:
#
#   src/model/cuda/toolkit.sh FOLDER    makes FOLDER (430 MB) and prints the settings for a build with it
#   eval "$(src/model/cuda/toolkit.sh FOLDER)"
set -euo pipefail
folder=${1:?usage: toolkit.sh FOLDER}
if [ ! -e "$folder/complete" ]; then
    {
        python3 -m venv "$folder"
        # newer than 13.0: drivers of the 580 series refuse the PTX
        "$folder/bin/pip" install --quiet "nvidia-cuda-nvcc==13.0.*" "nvidia-cuda-runtime==13.0.*" \
            "nvidia-cuda-crt==13.0.*" "nvidia-nvvm==13.0.*" "nvidia-cuda-cccl==13.0.*" \
            "nvidia-curand==10.4.0.*"
        home=$(echo "$folder"/lib/python3*/site-packages/nvidia/cu13)
        # cudart goes into the program; the others are loaded when first used, so that empty
        # libraries satisfy the linker, which then leaves them out
        ln -sf libcudart_static.a "$home/lib/libcudart.a"
        for library in cuda nvrtc curand cublas cublasLt; do
            echo | cc -shared -x c -o "$home/lib/lib$library.so" -
        done
        touch "$folder/complete"
    } >&2
fi
home=$(cd "$(echo "$folder"/lib/python3*/site-packages/nvidia/cu13)" && pwd)
# 80: candle's kernels run from Ampere on, translated by the driver where newer
echo "export CUDA_HOME=$home PATH=$home/bin:\$PATH CUDA_COMPUTE_CAP=80 LIBRARY_PATH=$home/lib"
