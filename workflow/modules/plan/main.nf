// What there is to do for a configuration and a sample sheet, as `attentrack plan` says.

include { quoted } from '../../functions.nf'

process PLAN {
    label 'process_single'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    // config: as JSON; base: the folder that the paths in it lead from
    val config
    val base
    path samples, stageAs: 'sheet/*'

    output:
    path 'plan.json', emit: plan
    tuple val("${task.process}"), val('attentrack'), eval("attentrack --version | sed 's/.* //'"), topic: versions, emit: versions

    script:
    """
    attentrack plan - --base=${quoted(base)} --samples=${quoted(samples)} --outdir results --out plan.json <<'CONFIG'
    ${config}
    CONFIG
    """
}
