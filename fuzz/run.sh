#!/bin/bash
# Fuzzes every target and prints a table; README.md says what is found and what was found.
#
#   ./run.sh 1000000                 every target, N executions at most (default 100,000)
#   ./run.sh 5000000 gtf gff3        these
#   SECONDS_EACH=60 ./run.sh         and at most so many seconds each (default 600)
#   ./run.sh minimise [gtf ...]      keeps what the runs have found that covers more, as small as it gets
#
# Needs the nightly compiler, `cargo install cargo-fuzz`, zip and unzip.
set -euo pipefail
cd "$(dirname "$0")"
# inputs of a target that are kept: of all sizes, so many
keep=120
runs=${1:-100000}
[ $# -gt 0 ] && shift
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(cargo +nightly fuzz list); fi

# the folders in memory of processes that have ended
sweep() {
    for folder in /dev/shm/attentrack-fuzz.*; do
        if [ ! -d "/proc/${folder##*.}" ]; then rm -rf "$folder"; fi
    done
}

# the first inputs, made by the programs themselves, and the files that are needed beside them
if [ ! -d seeds ]; then
    (cd .. && ATTENTRACK_FUZZ_SEEDS="$PWD/fuzz/seeds" PROPTEST_CASES=1 cargo test -q --release --test it hostile::gtf) >&2
fi
for target in "${targets[@]}"; do
    mkdir -p "corpus-work/$target" "artifacts/$target"
    if [ -f "corpus/$target.zip" ]; then unzip -qn "corpus/$target.zip" -d "corpus-work/$target"; fi
done

if [ "$runs" = minimise ]; then
    mkdir -p corpus
    for target in "${targets[@]}"; do
        cp -n "seeds/$target"/* "corpus-work/$target/"
        cargo +nightly fuzz cmin -s none "$target" "corpus-work/$target" -- -close_fd_mask=1 2>/dev/null
        rm -f "corpus/$target.zip"
        (cd "corpus-work/$target" && find . -type f -size -9 -printf '%s %f\n' | sort -n -k1,1 -k2,2 |
            awk -v keep=$keep '{ name[NR] = $2 }
                END { for (i = 1; i <= NR; i++) if (NR <= keep || int(i * keep / NR) > int((i - 1) * keep / NR)) print name[i] }' |
            zip -qX -9 "../../corpus/$target.zip" -@)
        sweep
    done
    du -ch corpus/*.zip | tail -1
    exit
fi

printf 'target\texecutions\tseconds\tfeatures\tfound\n'
for target in "${targets[@]}"; do
    log="corpus-work/$target.log"
    found=none
    start=$SECONDS
    nice -n 15 cargo +nightly fuzz run -s none "$target" "corpus-work/$target" "seeds/$target" -- \
        -runs="$runs" -max_total_time="${SECONDS_EACH:-600}" -max_len="${MAX_LEN:-16384}" -timeout=10 \
        -rss_limit_mb=4096 -print_final_stats=1 -close_fd_mask=1 2>"$log" ||
        found=$(sed -n 's/.*Test unit written to //p' "$log" | head -1)
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    features=$(grep -o 'ft: [0-9]*' "$log" | tail -1)
    printf '%s\t%s\t%s\t%s\t%s\n' "$target" "$executions" $((SECONDS - start)) "${features#ft: }" "$found"
    sweep
done
