// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process TSS {
    tag "${meta.id}"
    label 'process_single'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(annotation, stageAs: 'annotation/*')

    output:
    tuple val(meta), path('*.bed'), emit: genes
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-tss --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'genes'
    def files = ["--annotation=${quoted(annotation)}"] +
        ["--out=${quoted("${prefix}.bed")}"]
    """
    attentrack-tss \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'genes'
    """
    touch -- ${quoted("${prefix}.bed")}
    """
}
