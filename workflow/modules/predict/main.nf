process PREDICT {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins), path(model)

    output:
    tuple val(meta), path('*.predictions.tsv'), emit: predictions
    tuple val(meta), path('*.attention.bins.safetensors'), emit: attention
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-predict --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    attentrack-predict \\
        --bins ${bins} \\
        --model ${model} \\
        --predictions ${prefix}.predictions.tsv \\
        --attention ${prefix}.attention.bins.safetensors \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.predictions.tsv ${prefix}.attention.bins.safetensors
    """
}
