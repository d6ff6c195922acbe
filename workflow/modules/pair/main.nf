// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process PAIR {
    tag "${meta.id}"
    label 'process_low'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins/*'), path(versus, stageAs: 'versus/*')

    output:
    tuple val(meta), path('*.bins.safetensors'), emit: pair
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-pair --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def files = ["--bins=${quoted(bins)}"] +
        ["--versus=${quoted(versus)}"] +
        ["--out=${quoted("${prefix}.bins.safetensors")}"]
    """
    attentrack-pair \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.bins.safetensors")}
    """
}
