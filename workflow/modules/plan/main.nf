// What there is to do for a configuration and a sample sheet, as `attentrack plan` says.

include { quoted } from '../../functions.nf'

process PLAN {
    label 'process_single'
    conda "${moduleDir}/../../envs/attentrack.yaml"
    container 'attentrack:0.1.0'

    input:
    // config: as JSON; base: the folder that the paths in it lead from; source: the file that the user wrote;
    // pairs: may be []
    val config
    val base
    val source
    path samples, stageAs: 'sheet/*'
    path pairs, stageAs: 'pairs/*'

    output:
    path 'plan.json', emit: plan
    tuple val("${task.process}"), val('attentrack'), eval("attentrack --version | sed 's/.* //'"), topic: versions, emit: versions

    script:
    def of_pairs = pairs ? "--pairs=${quoted(pairs)}" : ''
    """
    attentrack plan - --base=${quoted(base)} --source=${quoted(source)} --samples=${quoted(samples)} ${of_pairs} --outdir results --out plan.json <<'CONFIG'
    ${config}
    CONFIG
    """
}
