// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { quoted } from '../../functions.nf'

process BIN {
    tag "${meta.id}"
    label 'process_medium'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    tuple val(meta), val(marks), path(signals, stageAs: 'signals?/*', arity: '1..*'), val(control_marks), path(controls, stageAs: 'controls?/*', arity: '0..*')
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
    def files = ["--sample=${quoted(meta.id)}"] +
        [marks, signals].transpose().collect { mark, file -> "--signal=${quoted(mark + '=' + file.toString())}" } +
        [control_marks, controls].transpose().collect { mark, file -> "--control=${quoted(mark + '=' + file.toString())}" } +
        ["--genes=${quoted(genes)}"] +
        (blacklist ? ["--blacklist=${quoted(blacklist)}"] : []) +
        (reference ? ["--reference=${quoted(reference)}"] : []) +
        (chrom_alias ? ["--chrom-alias=${quoted(chrom_alias)}"] : []) +
        ["--out=${quoted("${prefix}.bins.safetensors")}"]
    """
    attentrack-bin \\
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
