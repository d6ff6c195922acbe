// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process PREDICT {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins/*'), path(model, stageAs: 'model/*'), val(with_attention)

    output:
    tuple val(meta), path('*.predictions.tsv'), emit: predictions
    tuple val(meta), path('*.attention.bins.safetensors'), emit: attention, optional: true
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-predict --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def files = ["--bins=${quoted(bins)}"] +
        ["--model=${quoted(model)}"] +
        ["--predictions=${quoted("${prefix}.predictions.tsv")}"] +
        (with_attention ? ["--attention=${quoted("${prefix}.attention.bins.safetensors")}"] : [])
    """
    attentrack-predict \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.predictions.tsv")}
    ${with_attention ? '' : ': '}touch -- ${quoted("${prefix}.attention.bins.safetensors")}
    """
}
