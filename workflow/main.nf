// attentrack as Nextflow processes, one a stage. `attentrack plan` says what there is to do; the
// workflow only hands each step its files and its flags (`meta.args`), so it gives the same bytes as
// `attentrack run`, and no setting is spelt here.
//
//   nextflow run workflow -params-file config.yaml [--outdir results]

include { PLAN } from './modules/plan/main.nf'
include { TSS } from './modules/tss/main.nf'
include { LABEL } from './modules/label/main.nf'
include { SPLIT } from './modules/split/main.nf'
include { BIN } from './modules/bin/main.nf'
include { TRAIN } from './modules/train/main.nf'
include { PREDICT } from './modules/predict/main.nf'
include { EXPLAIN } from './modules/explain/main.nf'
include { FAITHFULNESS } from './modules/faithfulness/main.nf'
include { EVALUATE } from './modules/evaluate/main.nf'
include { TRACK } from './modules/track/main.nf'
include { REPORT } from './modules/report/main.nf'

// Parameters of this workflow; all others are keys of attentrack's config.yaml
def own_params() {
    ['outdir', 'base', 'publish_dir_mode']
}

// The file of that name and no other. Nextflow does not quote $ where it stages a file
def named_file(name) {
    if (name.toString().contains('$')) {
        error("${name}: Nextflow cannot stage a file with \$ in its path: rename it, or use Snakemake or attentrack run")
    }
    file(name, glob: false, checkIfExists: true)
}

// The folder that paths in the configuration lead from: that of -params-file
def base_folder() {
    // blanks, quotes and the like have a backslash before them
    def given = workflow.commandLine =~ /-params-file[ =]((?:\\.|[^ \\])+)/
    def folder = given ? named_file(given[0][1].replaceAll(/\\(.)/, '$1')).parent : workflow.launchDir
    params.base ? file(params.base, glob: false) : folder
}

def settings() {
    params.findAll { name, value -> !(name in own_params()) && value != null }
}

// The plan, unless a step of it has no process here: it would be left out without a word
def supported(plan) {
    def known = ['tss', 'label', 'split', 'bin', 'train', 'predict', 'explain', 'faithfulness', 'evaluate', 'track', 'report']
    def missing = plan.steps.collect { step -> step.stage }.unique() - known
    if (missing) {
        error("attentrack-${missing.join(', attentrack-')} is not in the Nextflow workflow: use Snakemake or attentrack run")
    }
    plan
}

// What a step's process is told of it
def meta_of(step) {
    [id: step.id ?: 'all', args: step.settings, outputs: step.outputs]
}

// The files and marks of a step's inputs behind a flag, in order
def pick(step, files, flag) {
    [step.inputs, files].transpose().findAll { input, _file -> input.flag == flag }.collect { _input, file -> file }
}

def marks(step, flag) {
    step.inputs.findAll { input -> input.flag == flag }.collect { input -> input.mark }
}

// The steps of a stage, each with the files that it reads. `made`: what earlier steps have written, by
// the name that the plan has for it
def ready(plan, stage, made) {
    def steps = plan.flatMap { all -> all.steps }.filter { step -> step.stage == stage }
    def wanted = steps.flatMap { step ->
        step.inputs.withIndex().collect { input, at -> [input.path, groupKey(step.id ?: 'all', step.inputs.size()), at, input.stage != null] }
    }
    def given = wanted.filter { _path, _id, _at, is_made -> !is_made }.map { path, id, at, _is_made -> [id, at, named_file(path)] }
    def from_steps = wanted.filter { _path, _id, _at, is_made -> is_made }.combine(made, by: 0).map { _path, id, at, _is_made, made_file -> [id, at, made_file] }
    def files = given.mix(from_steps).groupTuple().map { id, at, found -> [id.target, [at, found].transpose().sort { pair -> pair[0] }.collect { pair -> pair[1] }] }
    steps.map { step -> [step.id ?: 'all', step] }.join(files).map { _id, step, found -> [step, found] }
}

workflow ATTENTRACK {
    take:
    config // JSON
    base
    samples

    main:
    PLAN(config, base, samples)
    plan = PLAN.out.plan.map { file -> supported(new groovy.json.JsonSlurper().parse(file)) }
    made = channel.empty()

    TSS(ready(plan, 'tss', made).map { step, files -> [meta_of(step)] + files })
    made = made.mix(TSS.out.genes.map { meta, file -> [meta.outputs[0], file] })

    LABEL(ready(plan, 'label', made).map { step, files -> [meta_of(step)] + pick(step, files, '--expression') + pick(step, files, '--genes') })
    made = made.mix(LABEL.out.labels.map { meta, file -> [meta.outputs[0], file] })

    SPLIT(ready(plan, 'split', made).map { step, files -> [meta_of(step)] + pick(step, files, '--genes') + [pick(step, files, '--labels')] })
    made = made.mix(SPLIT.out.splits.map { meta, file -> [meta.outputs[0], file] })

    bins = ready(plan, 'bin', made).multiMap { step, files ->
        signals: [meta_of(step), marks(step, '--signal'), pick(step, files, '--signal'), marks(step, '--control'), pick(step, files, '--control')]
        genes: pick(step, files, '--genes')
        blacklist: pick(step, files, '--blacklist')
        reference: pick(step, files, '--reference')
        chrom_alias: pick(step, files, '--chrom-alias')
    }
    BIN(bins.signals, bins.genes, bins.blacklist, bins.reference, bins.chrom_alias)
    made = made.mix(BIN.out.bins.map { meta, file -> [meta.outputs[0], file] })

    runs = ready(plan, 'train', made).multiMap { step, files ->
        samples: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--labels')]
        splits: pick(step, files, '--splits')
    }
    TRAIN(runs.samples, runs.splits)
    made = made.mix(TRAIN.out.model.map { meta, file -> [meta.outputs[0], file] })
    made = made.mix(TRAIN.out.history.map { meta, file -> [meta.outputs[1], file] })

    PREDICT(ready(plan, 'predict', made).map { step, files -> [meta_of(step)] + pick(step, files, '--bins') + pick(step, files, '--model') + [step.outputs.size() > 1] })
    made = made.mix(PREDICT.out.predictions.map { meta, file -> [meta.outputs[0], file] })
    made = made.mix(PREDICT.out.attention.map { meta, file -> [meta.outputs[1], file] })

    EXPLAIN(ready(plan, 'explain', made).map { step, files -> [meta_of(step)] + pick(step, files, '--bins') + pick(step, files, '--model') })
    made = made.mix(EXPLAIN.out.attribution.map { meta, file -> [meta.outputs[0], file] })

    FAITHFULNESS(ready(plan, 'faithfulness', made).map { step, files -> [meta_of(step)] + pick(step, files, '--bins') + pick(step, files, '--model') }, [], [], [], [])

    judged = ready(plan, 'evaluate', made).multiMap { step, files ->
        samples: [meta_of(step), pick(step, files, '--predictions'), pick(step, files, '--labels')]
        splits: pick(step, files, '--splits')
        genes: pick(step, files, '--genes')
    }
    EVALUATE(judged.samples, judged.splits, judged.genes)
    made = made.mix(EVALUATE.out.metrics.map { meta, file -> [meta.outputs[0], file] })

    reported = ready(plan, 'report', made).multiMap { step, files ->
        samples: [meta_of(step), pick(step, files, '--predictions'), pick(step, files, '--labels'), pick(step, files, '--attention')]
        metrics: pick(step, files, '--metrics')
        splits: pick(step, files, '--splits')
        genes: pick(step, files, '--genes')
        histories: pick(step, files, '--history')
    }
    REPORT(reported.samples, reported.metrics, reported.splits, reported.genes, reported.histories)

    TRACK(ready(plan, 'track', made).map { step, files -> [meta_of(step)] + pick(step, files, '--input') + pick(step, files, '--predictions') })

    emit:
    metrics = EVALUATE.out.metrics
    report = REPORT.out.html
    multiqc = REPORT.out.multiqc
    model = TRAIN.out.model
    predictions = PREDICT.out.predictions
    attention = PREDICT.out.attention
    attribution = EXPLAIN.out.attribution
    faithfulness = FAITHFULNESS.out.table
    bigwig = TRACK.out.bigwig
    bigbed = TRACK.out.bigbed
}

// The whole of it for the parameters of the command line; workflow/validated.nf shares it
workflow FROM_PARAMS {
    main:
    def base = base_folder()
    if (!params.samples) {
        error("give -params-file config.yaml (examples/quickstart/config.yaml shows its keys)")
    }
    ATTENTRACK(groovy.json.JsonOutput.toJson(settings()), base.toUriString(), named_file(base.resolve(params.samples)))

    channel.topic('versions')
        .unique()
        .map { process, tool, version -> "${process.tokenize(':').last()}:\n    ${tool}: ${version}\n" }
        .collectFile(name: 'attentrack_mqc_versions.yml', storeDir: "${params.outdir}/pipeline_info", sort: true)
}

workflow {
    FROM_PARAMS()
}
