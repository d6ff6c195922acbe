//! Nextflow: one module a job in nf-core's manner, the workflow that chains them, and their resources and folders.

use crate::stage::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};

const MADE: &str = "// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.\n";

/// A process's name.
fn process(job: &Job) -> String {
    job.stage.to_uppercase()
}

fn own(job: &Job) -> impl Iterator<Item = &'static JobInput> {
    job.inputs.iter().filter(|input| !input.is_shared)
}

fn shared(job: &Job) -> impl Iterator<Item = &'static JobInput> {
    job.inputs.iter().filter(|input| input.is_shared)
}

fn switches(job: &Job) -> impl Iterator<Item = (usize, &'static str)> {
    job.outputs.iter().enumerate().filter_map(|(at, output)| Some((at, output.wanted?)))
}

/// The options of `path` for an input.
fn staged(input: &JobInput) -> String {
    let name = input.name;
    match input.number {
        Number::One | Number::Optional => format!("stageAs: '{name}/*'"),
        Number::Many | Number::ByMark(_) => format!("stageAs: '{name}?/*', arity: '1..*'"),
        Number::Any | Number::AnyByMark(_) => format!("stageAs: '{name}?/*', arity: '0..*'"),
    }
}

/// The flags of an input, as a Groovy list.
fn flags(input: &JobInput) -> String {
    let JobInput { flag, name, .. } = input;
    match input.number {
        Number::One => format!("[\"{flag}=${{quoted({name})}}\"]"),
        Number::Optional => format!("({name} ? [\"{flag}=${{quoted({name})}}\"] : [])"),
        Number::Many | Number::Any => format!("{name}.collect {{ file -> \"{flag}=${{quoted(file)}}\" }}"),
        Number::ByMark(marks) | Number::AnyByMark(marks) => format!(
            "[{marks}, {name}].transpose().collect {{ mark, file -> \"{flag}=${{quoted(mark + '=' + file.toString())}}\" }}"
        ),
    }
}

/// What a job's outputs are called: the sample or run, or the name that the job has.
fn prefix(job: &Job) -> String {
    let name = if let Unit::Once(name) = job.unit { format!("'{name}'") } else { "meta.id".to_owned() };
    format!("def prefix = task.ext.prefix ?: {name}")
}

fn quoted_name(output: &JobOutput) -> String {
    if output.is_folder() { "quoted(prefix)".to_owned() } else { format!("quoted(\"${{prefix}}{}\")", output.end) }
}

/// `modules/STAGE/main.nf`.
pub fn module(job: &Job) -> String {
    let (stage, process, label, prefix) = (job.stage, process(job), job.size.label(), prefix(job));
    let version = env!("CARGO_PKG_VERSION");
    let of_tuple = own(job).flat_map(|input| {
        let marks = match input.number {
            Number::ByMark(marks) | Number::AnyByMark(marks) => Some(format!("val({marks})")),
            _ => None,
        };
        marks.into_iter().chain([format!("path({}, {})", input.name, staged(input))])
    });
    let tuple: Vec<String> = ["val(meta)".to_owned()]
        .into_iter()
        .chain(of_tuple)
        .chain(switches(job).map(|(_, name)| format!("val({name})")))
        .collect();
    let channels: String = shared(job).map(|input| format!("    path {}, {}\n", input.name, staged(input))).collect();
    let outputs: String = job.outputs.iter().map(emitted).collect();
    // many samples make more arguments than a program can be started with: they come as its standard input
    let is_many = |input: &&JobInput| !input.is_shared && matches!(input.number, Number::Many | Number::Any);
    let many: Vec<String> = job.inputs.iter().filter(is_many).map(flags).collect();
    let mut files: Vec<String> = job.inputs.iter().filter(|input| !is_many(input)).map(flags).collect();
    files.extend(job.outputs.iter().filter_map(written));
    if let Some(flag) = job.sample_flag {
        files.insert(0, format!("[\"{flag}=${{quoted(meta.id)}}\"]"));
    }
    let files = files.join(" +\n        ");
    let (samples, command) = if many.is_empty() {
        (String::new(), format!("attentrack-{stage}"))
    } else {
        let of_samples = many.join(" +\n        ");
        let note = "    // many samples make more arguments than a program can be started with: they come as its standard input\n";
        (
            format!("{note}    def samples = {of_samples}\n"),
            format!("printf '%s\\\\n' ${{samples.join(' ')}} | attentrack-{stage} @-"),
        )
    };
    format!(
        r#"{MADE}
include {{ quoted }} from '../../functions.nf'

process {process} {{
    tag "${{meta.id}}"
    label '{label}'
    conda "${{moduleDir}}/../../envs/attentrack.yaml"
    container 'attentrack:{version}'

    input:
    tuple {tuple}
{channels}
    output:
{outputs}    tuple val("${{task.process}}"), val('attentrack'), eval("attentrack-{stage} --version | sed 's/.* //'"), topic: versions, emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: meta.args ?: ''
    {prefix}
{samples}    def files = {files}
    """
    {command} \\
        ${{files.join(' ')}} \\
        --threads ${{task.cpus}} \\
        ${{args}}
    """

    stub:
    {prefix}
    """
    {stub}
    """
}}
"#,
        tuple = tuple.join(", "),
        stub = stub(job).join("\n    "),
    )
}

/// An output as a module declares it.
fn emitted(output: &JobOutput) -> String {
    let of = |emit: &Emit| {
        let glob = if output.is_folder() { format!("*/{}", emit.glob) } else { format!("*{}", output.end) };
        let optional = if emit.is_optional || output.wanted.is_some() { ", optional: true" } else { "" };
        format!("    tuple val(meta), path('{glob}'), emit: {}{optional}\n", emit.name)
    };
    (output.emits)().iter().map(of).collect()
}

/// The flag of an output, as a Groovy list.
fn written(output: &JobOutput) -> Option<String> {
    let list = format!("[\"{}=${{{}}}\"]", output.flag?, quoted_name(output));
    Some(output.wanted.map_or(list.clone(), |wanted| format!("({wanted} ? {list} : [])")))
}

/// Commands that make what stands for the outputs.
fn stub(job: &Job) -> Vec<String> {
    let of = |output: &JobOutput| {
        if output.is_folder() {
            let examples: Vec<String> =
                (output.emits)().into_iter().map(|emit| emit.examples).filter(|names| !names.is_empty()).collect();
            return vec![
                format!("mkdir -- ${{{}}}", quoted_name(output)),
                format!("(cd -- ${{{}}} && touch {})", quoted_name(output), examples.join(" ")),
            ];
        }
        let touch = format!("touch -- ${{{}}}", quoted_name(output));
        vec![output.wanted.map_or(touch.clone(), |wanted| format!("${{{wanted} ? '' : ': '}}{touch}"))]
    };
    job.outputs.iter().flat_map(of).collect()
}

/// `modules/STAGE/tests/main.nf.test`: the module's dry run.
pub fn test(job: &Job) -> String {
    let (stage, process) = (job.stage, process(job));
    let file = "file(\"${projectDir}/../examples/quickstart/truth.tsv\")";
    let given = |number: Number| match number {
        Number::One => file.to_owned(),
        Number::Many => format!("[{file}]"),
        Number::ByMark(_) => format!("['H3K4me3'], [{file}]"),
        Number::AnyByMark(_) => "[], []".to_owned(),
        Number::Optional | Number::Any => "[]".to_owned(),
    };
    let id = if let Unit::Once(name) = job.unit { name } else { "sample1" };
    let tuple = own(job).map(|input| given(input.number)).chain(switches(job).map(|_| "true".to_owned()));
    let first = [format!("[id: '{id}']")].into_iter().chain(tuple).collect::<Vec<_>>().join(", ");
    let inputs = [format!("[{first}]")].into_iter().chain(shared(job).map(|input| given(input.number)));
    let inputs: String =
        inputs.enumerate().map(|(at, value)| format!("                input[{at}] = {value}\n")).collect();
    format!(
        r#"{MADE}
nextflow_process {{

    name "Test Process {process}"
    script "../main.nf"
    process "{process}"
    tag "modules"
    tag "{stage}"

    test("{stage} - stub") {{

        options "-stub"

        when {{
            process {{
                """
{inputs}                """
            }}
        }}

        then {{
            assertAll(
                {{ assert process.success }},
                {{ assert snapshot(process.out).match() }}
            )
        }}
    }}
}}
"#
    )
}

/// `chain.nf`: the workflow that hands each step of a plan its files.
pub fn chain(chain: &[&Job]) -> String {
    let includes: String = chain
        .iter()
        .map(|job| format!("include {{ {} }} from './modules/{}/main.nf'\n", process(job), job.stage))
        .collect();
    let stages: Vec<String> = chain.iter().map(|job| format!("'{}'", job.stage)).collect();
    let steps: Vec<String> = chain.iter().map(|job| step(job)).collect();
    let emits: String =
        chain.iter().flat_map(|job| emits(job)).map(|(of, name)| format!("    {name} = {of}.out.{name}\n")).collect();
    format!(
        r#"{MADE}
include {{ marks; meta_of; pick; ready }} from './functions.nf'
{includes}
// The stages that have a process here
def stages() {{
    [{stages}]
}}

workflow CHAIN {{
    take:
    plan

    main:
    // what earlier steps have written, by the name that the plan has for it
    made = channel.empty()

{steps}
    emit:
{emits}}}
"#,
        stages = stages.join(", "),
        steps = steps.join("\n"),
    )
}

/// What a job hands on: its process, and the name there. No two jobs have a name in common.
fn emits(job: &Job) -> impl Iterator<Item = (String, &'static str)> {
    job.outputs.iter().flat_map(|output| (output.emits)()).map(|emit| (process(job), emit.name))
}

/// A stage's part of the chain.
fn step(job: &Job) -> String {
    let (stage, process) = (job.stage, process(job));
    let files = |input: &JobInput| format!("pick(step, files, '{}')", input.flag);
    let of_tuple = own(job).flat_map(|input| {
        let marks = match input.number {
            Number::ByMark(_) | Number::AnyByMark(_) => Some(format!("marks(step, '{}')", input.flag)),
            _ => None,
        };
        marks.into_iter().chain([files(input)])
    });
    // a step of a model without attention, for example, writes one output less
    let wanted = switches(job).map(|(at, _)| format!("step.outputs.size() > {at}"));
    let tuple: Vec<String> = ["meta_of(step)".to_owned()].into_iter().chain(of_tuple).chain(wanted).collect();
    let channels: String = shared(job).map(|input| format!("        {}: {}\n", input.name, files(input))).collect();
    let given: String = shared(job).map(|input| format!(", {stage}_files.{}", input.name)).collect();
    let made: String = job
        .outputs
        .iter()
        .enumerate()
        .filter(|(_, output)| !output.is_folder())
        .flat_map(|(at, output)| (output.emits)().into_iter().map(move |emit| (at, emit)))
        .map(|(at, emit)| {
            format!(
                "    made = made.mix({process}.out.{}.map {{ meta, file -> [meta.outputs[{at}], file] }})\n",
                emit.name
            )
        })
        .collect();
    format!(
        r#"    {stage}_files = ready(plan, '{stage}', made).multiMap {{ step, files ->
        own: [{tuple}]
{channels}    }}
    {process}({stage}_files.own{given})
{made}"#,
        tuple = tuple.join(", ")
    )
}

/// `jobs.config`: what each process takes, and where its files go.
pub fn config(chain: &[&Job]) -> String {
    let labels: String = Size::ALL
        .iter()
        .map(|size| {
            format!(
                "    withLabel: {} {{\n        cpus = {}\n        memory = {{ {}.GB * task.attempt }}\n        time = {{ {}.h * task.attempt }}\n    }}\n",
                size.label(),
                size.threads(),
                size.memory_gb(),
                size.hours()
            )
        })
        .collect();
    let on_gpu: Vec<String> = chain.iter().filter(|job| job.uses_gpu).map(|job| process(job)).collect();
    let folders: String = chain.iter().map(|job| published(job)).collect();
    format!(
        r#"{MADE}
process {{
{labels}
    withName: '{on_gpu}' {{
        accelerator = "${{params.train?.device}}".startsWith('cuda') ? 1 : null
    }}

    // where the files of the plan lie in the results folder
{folders}}}
"#,
        on_gpu = on_gpu.join("|")
    )
}

/// Where a process's files go.
fn published(job: &Job) -> String {
    let of = |output: &JobOutput| {
        let path = if output.folder.is_empty() {
            "params.outdir".to_owned()
        } else {
            format!("\"${{params.outdir}}/{}\"", output.folder)
        };
        let pattern = if output.is_folder() { String::new() } else { format!(", pattern: '*{}'", output.end) };
        format!("            [path: {path}, mode: params.publish_dir_mode{pattern}],\n")
    };
    let places: String = job.outputs.iter().map(of).collect();
    format!("    withName: {} {{\n        publishDir = [\n{places}        ]\n    }}\n", process(job))
}
