// attentrack as Nextflow processes, one a stage. `attentrack plan` says what there is to do; the
// workflow only hands each step its files and its flags (`meta.args`), so it gives the same bytes as
// `attentrack run`, and no setting is spelt here.
//
//   nextflow run workflow -params-file config.yaml [--outdir results]

include { CHAIN; stages } from './chain.nf'
include { named_file } from './functions.nf'
include { PLAN } from './modules/plan/main.nf'

// Parameters of this workflow; all others are keys of attentrack's config.yaml
def own_params() {
    ['outdir', 'base', 'publish_dir_mode']
}

// What the user has named as -params-file, or nothing
def params_file() {
    // blanks, quotes and the like have a backslash before them
    def given = workflow.commandLine =~ /-params-file[ =]((?:\\.|[^ \\])+)/
    given ? given[0][1].replaceAll(/\\(.)/, '$1') : ''
}

// The folder that paths in the configuration lead from: that of -params-file
def base_folder() {
    def folder = params_file() ? named_file(params_file()).parent : workflow.launchDir
    params.base ? file(params.base, glob: false) : folder
}

def settings() {
    params.findAll { name, value -> !(name in own_params()) && value != null }
}

// The plan, unless a step of it has no process here: it would be left out without a word
def supported(plan) {
    def missing = plan.steps.collect { step -> step.stage }.unique() - stages()
    if (missing) {
        error("attentrack-${missing.join(', attentrack-')} is not in the Nextflow workflow: use Snakemake or attentrack run")
    }
    plan
}

workflow ATTENTRACK {
    take:
    config // JSON
    base
    source // name of the configuration, for messages
    samples
    pairs // or []

    main:
    PLAN(config, base, source, samples, pairs)
    plan = PLAN.out.plan.map { file -> supported(new groovy.json.JsonSlurper().parse(file)) }
    CHAIN(plan)

    emit:
    metrics = CHAIN.out.metrics
    report = CHAIN.out.html
    multiqc = CHAIN.out.multiqc
    model = CHAIN.out.model
    pair = CHAIN.out.pair
    predictions = CHAIN.out.predictions
    attention = CHAIN.out.attention
    attribution = CHAIN.out.attribution
    faithfulness = CHAIN.out.table
    graph = CHAIN.out.graph_tables
    bigwig = CHAIN.out.bigwig
    bigbed = CHAIN.out.bigbed
}

// The whole of it for the parameters of the command line; workflow/validated.nf shares it
workflow FROM_PARAMS {
    main:
    def base = base_folder()
    if (!params.samples) {
        error("give -params-file config.yaml (examples/quickstart/config.yaml shows its keys)")
    }
    def pairs = params.pairs ? named_file(base.resolve(params.pairs)) : []
    def source = params_file() ?: 'the parameters'
    ATTENTRACK(groovy.json.JsonOutput.toJson(settings()), base.toUriString(), source, named_file(base.resolve(params.samples)), pairs)

    channel.topic('versions')
        .unique()
        .map { process, tool, version -> "${process.tokenize(':').last()}:\n    ${tool}: ${version}\n" }
        .collectFile(name: 'attentrack_mqc_versions.yml', storeDir: "${params.outdir}/pipeline_info", sort: true)
}

workflow {
    FROM_PARAMS()
}
