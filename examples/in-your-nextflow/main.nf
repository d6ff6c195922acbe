// Somebody's pipeline, which makes the signal files itself, takes single stages of attentrack as
// modules, in nf-core's manner, and goes on with what they give. Try it from this folder:
//
//   nextflow run main.nf

include { quoted } from '../../workflow/functions.nf'
include { TSS as ATTENTRACK_TSS } from '../../workflow/modules/tss/main.nf'
include { BIN as ATTENTRACK_BIN } from '../../workflow/modules/bin/main.nf'
include { TRACK as ATTENTRACK_TRACK } from '../../workflow/modules/track/main.nf'

// stands for the alignment, the duplicates, the peaks …
process MY_SIGNAL {
    tag "${meta.id} ${mark}"

    input:
    tuple val(meta), val(mark), path(raw)

    output:
    tuple val(meta), val(mark), path("mine.${raw.name}"), emit: signal

    script:
    """
    cp -- ${quoted(raw)} ${quoted('mine.' + raw.name)}
    """
}

process STRONGEST {
    tag "${meta.id}"
    publishDir params.outdir

    input:
    tuple val(meta), path(bed)

    output:
    path "${meta.id}.strongest.tsv"

    script:
    """
    sort -k5,5nr -k1,1 -k2,2n ${quoted(bed)} | awk 'NR <= 20' > ${quoted("${meta.id}.strongest.tsv")}
    """
}

workflow {
    quickstart = "${projectDir}/../quickstart"

    ATTENTRACK_TSS([[id: 'genes'], file("${quickstart}/annotation.gtf.gz")])

    MY_SIGNAL(channel.fromPath("${quickstart}/signal/*.bigWig").map { file -> [[id: file.name.tokenize('.')[0]], file.name.tokenize('.')[1], file] })
    samples = MY_SIGNAL.out.signal
        .groupTuple()
        .map { meta, marks, files -> [meta, marks, files, [], []] }

    // one genes.bed for every sample; no blacklist, no reference, no table of chromosome names
    genes = ATTENTRACK_TSS.out.genes.map { _meta, bed -> bed }.first()
    ATTENTRACK_BIN(samples, genes, [], [], [])
    // nor predictions, nor a table of chromosome lengths
    ATTENTRACK_TRACK(ATTENTRACK_BIN.out.bins.map { meta, bins -> [meta, bins, [], []] }, [])
    STRONGEST(ATTENTRACK_TRACK.out.bed)

    channel.topic('versions').unique().view { process, tool, version -> "${process}: ${tool} ${version}" }
}
