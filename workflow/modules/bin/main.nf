include { quoted } from '../../functions.nf'

process BIN {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/environment.yml"
    container 'attentrack:0.1.0'

    input:
    // marks, control_marks: the marks of the files, in their order; a control may be the same file for several
    tuple val(meta), val(marks), path(signals, stageAs: 'signal?/*', arity: '1..*'), val(control_marks), path(controls, stageAs: 'control?/*', arity: '0..*')
    path genes, stageAs: 'genes/*'
    path blacklist, stageAs: 'blacklist/*'
    path reference, stageAs: 'reference/*'
    path chrom_alias, stageAs: 'chrom_alias/*'

    output:
    tuple val(meta), path('*.bins.safetensors'), emit: bins
    tuple val("${task.process}"), val('attentrack'), eval("attentrack-bin --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    def prefix = task.ext.prefix ?: meta.id
    def signal_flags = [marks, signals].transpose().collect { mark, file -> "--signal=${quoted(mark + '=' + file.toString())}" }
    def control_flags = [control_marks, controls].transpose().collect { mark, file -> "--control=${quoted(mark + '=' + file.toString())}" }
    def optional = [blacklist ? "--blacklist=${quoted(blacklist)}" : '', reference ? "--reference=${quoted(reference)}" : '', chrom_alias ? "--chrom-alias=${quoted(chrom_alias)}" : '']
    """
    attentrack-bin \\
        --genes=${quoted(genes)} \\
        --sample=${quoted(meta.id)} \\
        ${signal_flags.join(' ')} ${control_flags.join(' ')} \\
        ${optional.join(' ')} \\
        --out=${quoted("${prefix}.bins.safetensors")} \\
        --threads ${task.cpus} \\
        ${args}
    """

    stub:
    def prefix = task.ext.prefix ?: meta.id
    """
    touch -- ${quoted("${prefix}.bins.safetensors")}
    """
}
