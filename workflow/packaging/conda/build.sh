#!/usr/bin/env bash
set -euo pipefail
# any stable Rust will do (Cargo.toml, rust-version); rust-toolchain.toml is for developers
rm -f rust-toolchain.toml
cargo-bundle-licenses --format yaml --output THIRDPARTY.yml
workflow/packaging/install.sh "$PREFIX"
