// What the modules and the workflow share.

// A text, or the name that a file is staged by, as the shell takes it: one word, and nothing in it is run. A file
// is given as it is: within a text of its own, "${file}", Nextflow has put some backslashes in its name, and not all
def quoted(text) {
    "'${text.toString().replace("'", "'\\''")}'"
}

// The file of that name and no other. Nextflow does not quote $ where it stages a file
def named_file(name) {
    if (name.toString().contains('$')) {
        error("${name}: Nextflow cannot stage a file with \$ in its path: rename it, or use Snakemake or attentrack run")
    }
    file(name, glob: false, checkIfExists: true)
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
