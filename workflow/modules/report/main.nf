include { quoted } from '../../functions.nf'

process REPORT {
    tag "${meta.id}"
    label 'process_low'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    // predictions, labels: one a sample, in the same order; attention: of the same samples, or none
    tuple val(meta), path(predictions, stageAs: 'predictions?/*', arity: '1..*'), path(labels, stageAs: 'labels?/*', arity: '1..*'), path(attention, stageAs: 'attention?/*', arity: '0..*')
    path metrics, stageAs: 'metrics/*'
    path splits, stageAs: 'splits/*'
    path genes, stageAs: 'genes/*'
    path histories, stageAs: 'history?/*', arity: '0..*'

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
    def sample_flags = predictions.collect { file -> "--predictions=${quoted(file)}" } + labels.collect { file -> "--labels=${quoted(file)}" }
    def further_flags = histories.collect { file -> "--history=${quoted(file)}" } + attention.collect { file -> "--attention=${quoted(file)}" }
    // many samples make more arguments than a program can be started with: they come as its standard input
    """
    printf '%s\\n' ${(sample_flags + further_flags).join(' ')} | attentrack-report @- \\
        --metrics=${quoted(metrics)} \\
        --splits=${quoted(splits)} \\
        --genes=${quoted(genes)} \\
        --out-dir=${quoted(prefix)} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: 'report'
    """
    mkdir -- ${quoted(prefix)}
    cd -- ${quoted(prefix)}
    touch report.html attentrack_general_mqc.json attentrack_mqc_versions.yml multiqc_config.yml
    """
}
