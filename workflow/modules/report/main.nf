// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process REPORT {
    tag "${meta.id}"
    label 'process_low'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(predictions, stageAs: 'predictions?/*', arity: '1..*'), path(labels, stageAs: 'labels?/*', arity: '1..*'), path(attention, stageAs: 'attention?/*', arity: '0..*'), path(faithfulness, stageAs: 'faithfulness?/*', arity: '0..*')
    path metrics, stageAs: 'metrics/*'
    path splits, stageAs: 'splits/*'
    path genes, stageAs: 'genes/*'
    path histories, stageAs: 'histories?/*', arity: '0..*'
    path graph, stageAs: 'graph/*'

    output:
    tuple val(meta), path('*/report.html'), emit: html
    tuple val(meta), path('*/*_mqc{.json,_versions.yml}'), emit: multiqc
    tuple val(meta), path('*/multiqc_config.yml'), emit: multiqc_config
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-report --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: 'report'
    // many samples make more arguments than a program can be started with: they come as its standard input
    def samples = predictions.collect { file -> "--predictions=${quoted(file)}" } +
        labels.collect { file -> "--labels=${quoted(file)}" } +
        attention.collect { file -> "--attention=${quoted(file)}" } +
        faithfulness.collect { file -> "--faithfulness=${quoted(file)}" }
    def files = ["--metrics=${quoted(metrics)}"] +
        ["--splits=${quoted(splits)}"] +
        ["--genes=${quoted(genes)}"] +
        histories.collect { file -> "--history=${quoted(file)}" } +
        (graph ? ["--graph=${quoted(graph)}"] : []) +
        ["--out-dir=${quoted(prefix)}"]
    """
    printf '%s\\n' ${samples.join(' ')} | attentrack-report @- \\
        ${files.join(' ')} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'report'
    """
    mkdir -- ${quoted(prefix)}
    (cd -- ${quoted(prefix)} && touch report.html attentrack_general_mqc.json attentrack_mqc_versions.yml multiqc_config.yml)
    """
}
