// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process FAITHFULNESS {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins/*'), path(model, stageAs: 'model/*')
    path other_models, stageAs: 'other_models?/*', arity: '0..*'
    path splits, stageAs: 'splits/*'
    path permuted_models, stageAs: 'permuted_models?/*', arity: '0..*'
    path truth, stageAs: 'truth/*'
    path held_out, stageAs: 'held_out/*'

    output:
    tuple val(meta), path('*.faithfulness.tsv'), emit: table
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-faithfulness --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def files = ["--bins=${quoted(bins)}"] +
        ["--model=${quoted(model)}"] +
        other_models.collect { file -> "--other-model=${quoted(file)}" } +
        (splits ? ["--splits=${quoted(splits)}"] : []) +
        permuted_models.collect { file -> "--permuted-model=${quoted(file)}" } +
        (truth ? ["--truth=${quoted(truth)}"] : []) +
        (held_out ? ["--held-out=${quoted(held_out)}"] : []) +
        ["--out=${quoted("${prefix}.faithfulness.tsv")}"]
    """
    attentrack-faithfulness \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.faithfulness.tsv")}
    """
}
