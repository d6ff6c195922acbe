// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process EVALUATE {
    tag "${meta.id}"
    label 'process_low'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(predictions, stageAs: 'predictions?/*', arity: '1..*'), path(labels, stageAs: 'labels?/*', arity: '1..*')
    path splits, stageAs: 'splits/*'
    path genes, stageAs: 'genes/*'

    output:
    tuple val(meta), path('*.json'), emit: metrics
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-evaluate --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'metrics'
    // many samples make more arguments than a program can be started with: they come as its standard input
    def samples = predictions.collect { file -> "--predictions=${quoted(file)}" } +
        labels.collect { file -> "--labels=${quoted(file)}" }
    def files = ["--splits=${quoted(splits)}"] +
        ["--genes=${quoted(genes)}"] +
        ["--out=${quoted("${prefix}.json")}"]
    """
    printf '%s\\n' ${samples.join(' ')} | attentrack-evaluate @- \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'metrics'
    """
    touch -- ${quoted("${prefix}.json")}
    """
}
