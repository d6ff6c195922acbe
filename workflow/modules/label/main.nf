// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process LABEL {
    tag "${meta.id}"
    label 'process_single'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(expression, stageAs: 'expression/*'), path(genes, stageAs: 'genes/*')

    output:
    tuple val(meta), path('*.labels.tsv'), emit: labels
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-label --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def files = ["--sample=${quoted(meta.id)}"] +
        ["--expression=${quoted(expression)}"] +
        ["--genes=${quoted(genes)}"] +
        ["--out=${quoted("${prefix}.labels.tsv")}"]
    """
    attentrack-label \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.labels.tsv")}
    """
}
