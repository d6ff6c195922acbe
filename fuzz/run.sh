#!/bin/bash
# Fuzzes every target for N executions (default 100,000) and prints a table; the rest of the arguments name targets.
#
#   ./run.sh 1000000                 every target
#   ./run.sh 5000000 gtf gff3        these
#   ./run.sh minimise                the corpus becomes as small as its coverage allows
#
# Needs the nightly compiler and `cargo install cargo-fuzz`. What is found is kept in artifacts/TARGET; a panic, an
# abort, a run of more than 20 s, and memory above 64 x the file's length + 64 MB count as found.
set -euo pipefail
cd "$(dirname "$0")"
runs=${1:-100000}
[ $# -gt 0 ] && shift
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(cargo +nightly fuzz list); fi

if [ ! -d corpus/fixed ]; then
    (cd .. && ATTENTRACK_FUZZ_SEEDS="$PWD/fuzz/corpus" PROPTEST_CASES=1 cargo test --release --test it hostile::gtf)
fi
if [ "$runs" = minimise ]; then
    for target in "${targets[@]}"; do
        if [ -d "corpus-work/$target" ]; then cp -n "corpus-work/$target"/* "corpus/$target/"; fi
        cargo +nightly fuzz cmin -s none "$target" "corpus/$target"
    done
    exit
fi
printf 'target\texecutions\tper second\tfeatures\tfound\n'
for target in "${targets[@]}"; do
    mkdir -p "corpus-work/$target" "artifacts/$target"
    log="corpus-work/$target.log"
    result=none
    nice -n 15 cargo +nightly fuzz run -s none "$target" "corpus-work/$target" "corpus/$target" -- \
        -runs="$runs" -max_len=65536 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -close_fd_mask=1 \
        2>"$log" || result=$(sed -n 's/.*Test unit written to //p' "$log" | head -1)
    number() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
    features=$(grep -o 'ft: [0-9]*' "$log" | tail -1)
    printf '%s\t%s\t%s\t%s\t%s\n' "$target" "$(number number_of_executed_units)" \
        "$(number average_exec_per_sec)" "${features#ft: }" "$result"
    rm -rf /dev/shm/attentrack-fuzz.*
done
