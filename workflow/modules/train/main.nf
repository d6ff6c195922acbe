// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process TRAIN {
    tag "${meta.id}"
    label 'process_high'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins?/*', arity: '1..*'), path(labels, stageAs: 'labels?/*', arity: '1..*')
    path splits, stageAs: 'splits/*'

    output:
    tuple val(meta), path('*.model.safetensors'), emit: model
    tuple val(meta), path('*.history.tsv'), emit: history
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-train --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    // many samples make more arguments than a program can be started with: they come as its standard input
    def samples = bins.collect { file -> "--bins=${quoted(file)}" } +
        labels.collect { file -> "--labels=${quoted(file)}" }
    def files = ["--splits=${quoted(splits)}"] +
        ["--out=${quoted("${prefix}.model.safetensors")}"]
    """
    printf '%s\\n' ${samples.join(' ')} | attentrack-train @- \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.model.safetensors")}
    touch -- ${quoted("${prefix}.history.tsv")}
    """
}
