process EXPLAIN {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), path(bins), path(model)

    output:
    tuple val(meta), path('*.bins.safetensors'), emit: attribution
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-explain --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    if ("${bins}" == "${prefix}.bins.safetensors") {
        error("EXPLAIN would write over its input ${bins}: set task.ext.prefix, for example { \"\${meta.id}.deep-lift\" }")
    }
    """
    attentrack-explain \\
        --bins ${bins} \\
        --model ${model} \\
        --out ${prefix}.bins.safetensors \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.bins.safetensors
    """
}
