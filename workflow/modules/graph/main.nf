// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process GRAPH {
    tag "${meta.id}"
    label 'process_low'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins?/*', arity: '1..*'), path(labels, stageAs: 'labels?/*', arity: '0..*')
    path sheet, stageAs: 'sheet/*'
    path weights, stageAs: 'weights/*'
    path groups, stageAs: 'groups/*'

    output:
    tuple val(meta), path('*/*.tsv'), emit: graph_tables
    tuple val(meta), path('*/*.safetensors'), emit: graph_matrices
    tuple val(meta), path('*/*.graphml'), emit: graphml
    tuple val(meta), path('*/graphml/*.graphml'), emit: graphml_of_context, optional: true
    tuple val(meta), path('*/*.svg'), emit: graph_picture, optional: true
    tuple val(meta), path('*.json'), emit: graph
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-graph --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'graph'
    // many samples make more arguments than a program can be started with: they come as its standard input
    def samples = bins.collect { file -> "--bins=${quoted(file)}" } +
        labels.collect { file -> "--labels=${quoted(file)}" }
    def files = (sheet ? ["--samples=${quoted(sheet)}"] : []) +
        (weights ? ["--weights=${quoted(weights)}"] : []) +
        (groups ? ["--groups=${quoted(groups)}"] : []) +
        ["--out-dir=${quoted(prefix)}"] +
        ["--summary=${quoted("${prefix}.json")}"]
    """
    printf '%s\\n' ${samples.join(' ')} | attentrack-graph @- \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'graph'
    """
    mkdir -- ${quoted(prefix)}
    (cd -- ${quoted(prefix)} && touch edges.tsv nodes.tsv matrices.safetensors graphs.graphml graphs.svg)
    touch -- ${quoted("${prefix}.json")}
    """
}
