// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process SPLIT {
    tag "${meta.id}"
    label 'process_single'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(genes, stageAs: 'genes/*'), path(labels, stageAs: 'labels?/*', arity: '1..*')

    output:
    tuple val(meta), path('*.tsv'), emit: splits
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-split --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'splits'
    // many samples make more arguments than a program can be started with: they come as its standard input
    def samples = labels.collect { file -> "--labels=${quoted(file)}" }
    def files = ["--genes=${quoted(genes)}"] +
        ["--out=${quoted("${prefix}.tsv")}"]
    """
    printf '%s\\n' ${samples.join(' ')} | attentrack-split @- \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'splits'
    """
    touch -- ${quoted("${prefix}.tsv")}
    """
}
