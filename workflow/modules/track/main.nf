// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process TRACK {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(matrix, stageAs: 'matrix/*'), path(predictions, stageAs: 'predictions/*'), path(faithfulness, stageAs: 'faithfulness/*')
    path chrom_sizes, stageAs: 'chrom_sizes/*'

    output:
    tuple val(meta), path('*/*.{bed,bed.gz}'), emit: bed, optional: true
    tuple val(meta), path('*/*.{bedgraph,bedgraph.gz}'), emit: bedgraph, optional: true
    tuple val(meta), path('*/*.bw'), emit: bigwig, optional: true
    tuple val(meta), path('*/*.bb'), emit: bigbed, optional: true
    tuple val(meta), path('*/*.{tsv,tsv.gz}'), emit: tsv, optional: true
    tuple val(meta), path('*/*.tbi'), emit: index, optional: true
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-track --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def files = ["--input=${quoted(matrix)}"] +
        (predictions ? ["--predictions=${quoted(predictions)}"] : []) +
        (faithfulness ? ["--faithfulness=${quoted(faithfulness)}"] : []) +
        (chrom_sizes ? ["--chrom-sizes=${quoted(chrom_sizes)}"] : []) +
        ["--out-dir=${quoted(prefix)}"]
    """
    attentrack-track \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    mkdir -- ${quoted(prefix)}
    (cd -- ${quoted(prefix)} && touch example.bed example.bedgraph example.bw example.bb example.tsv)
    """
}
