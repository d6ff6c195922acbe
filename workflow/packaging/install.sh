#!/usr/bin/env bash
# install.sh PREFIX [FLAGS OF CARGO INSTALL]: builds attentrack and puts the programs, their manual pages,
# completions and licences below PREFIX.
set -euo pipefail
prefix=$(mkdir -p "$1" && cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
cargo install --locked --no-track --root "$prefix" --path . "$@"
share=$prefix/share
bash=$share/bash-completion/completions zsh=$share/zsh/site-functions fish=$share/fish/vendor_completions.d
mkdir -p "$bash" "$zsh" "$fish" "$share/man/man1" "$share/doc/attentrack"
"$prefix/bin/attentrack" completions bash --out-dir "$bash"
"$prefix/bin/attentrack" completions zsh --out-dir "$zsh"
"$prefix/bin/attentrack" completions fish --out-dir "$fish"
"$prefix/bin/attentrack" man --out-dir "$share/man/man1"
cp LICENSE-APACHE LICENSE-MIT README.md "$share/doc/attentrack"
