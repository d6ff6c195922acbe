include { quoted } from '../../functions.nf'

process FAITHFULNESS {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins, stageAs: 'bins/*'), path(model, stageAs: 'model/*')
    // of the same inputs, from other seeds and of permuted labels; each of these four may be []
    path other_models, stageAs: 'other?/*', arity: '0..*'
    path permuted_models, stageAs: 'permuted?/*', arity: '0..*'
    path truth, stageAs: 'truth/*'
    // of a mark that the model has not seen; goes with --held-out-mark in ext.args
    path held_out, stageAs: 'held_out/*'

    output:
    tuple val(meta), path('*.faithfulness.tsv'), emit: table
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-faithfulness --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def models = other_models.collect { file -> "--other-model=${quoted(file)}" } + permuted_models.collect { file -> "--permuted-model=${quoted(file)}" }
    def optional = [truth ? "--truth=${quoted(truth)}" : '', held_out ? "--held-out=${quoted(held_out)}" : '']
    """
    attentrack-faithfulness \\
        --bins=${quoted(bins)} \\
        --model=${quoted(model)} \\
        ${models.join(' ')} ${optional.join(' ')} \\
        --out=${quoted("${prefix}.faithfulness.tsv")} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.faithfulness.tsv")}
    """
}
