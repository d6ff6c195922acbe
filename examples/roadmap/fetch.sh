#!/usr/bin/env bash
# Fetches what config.yaml names: five tagAlign files of one epigenome (about 1.5 GB), the RPKM table
# and GENCODE v10. Usage: ./fetch.sh [EPIGENOME], E003 by default; files that are there are kept.
set -euo pipefail
cd "$(dirname "$0")"
epigenome=${1:-E003}
roadmap=https://egg2.wustl.edu/roadmap/data
gencode=https://ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human/release_10
mkdir -p data
fetch() {
    [ -s "data/${1##*/}" ] || { curl --fail --location --output "data/.part" "$1" && mv data/.part "data/${1##*/}"; }
}
for mark in H3K27me3 H3K36me3 H3K4me1 H3K4me3 H3K9me3; do
    fetch "$roadmap/byFileType/alignments/consolidated/$epigenome-$mark.tagAlign.gz"
done
fetch "$roadmap/byDataType/rna/expression/57epigenomes.RPKM.pc.gz"
fetch "$gencode/gencode.v10.annotation.gtf.gz"
