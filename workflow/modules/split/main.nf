include { quoted } from '../../functions.nf'

process SPLIT {
    tag "${meta.id}"
    label 'process_single'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    // labels: those of every sample
    tuple val(meta), path(genes, stageAs: 'genes/*'), path(labels, stageAs: 'labels?/*', arity: '1..*')

    output:
    tuple val(meta), path('*.tsv'), emit: splits
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-split --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'splits'
    def label_flags = labels.collect { file -> "--labels=${quoted(file)}" }.join(' ')
    // many samples make more arguments than a program can be started with: they come as its standard input
    """
    printf '%s\\n' ${label_flags} | attentrack-split @- \\
        --genes=${quoted(genes)} \\
        --out=${quoted("${prefix}.tsv")} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'splits'
    """
    touch -- ${quoted("${prefix}.tsv")}
    """
}
