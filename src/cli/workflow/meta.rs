//! `meta.yml` of a Nextflow module, in nf-core's form.

use crate::stage::job::{Emit, Job, JobInput, JobOutput, Number};

/// What every module's first input and output begin with.
const META: &str =
    "type: map\n@description: \"Groovy map: `id`, the sample or run; `args`, further flags, unless ext.args is set\"";

/// `modules/STAGE/meta.yml`.
pub fn meta(job: &Job) -> String {
    let Job { stage, about, .. } = job;
    let keywords: String = job.keywords.iter().map(|word| format!("  - {word}\n")).collect();
    let own: String = job.inputs.iter().filter(|input| !input.is_shared).map(|input| of_input(input, "    ")).collect();
    let wanted = job.outputs.iter().filter_map(|output| output.wanted);
    let wanted: String = wanted
        .map(|name| {
            format!("    - {name}:\n        type: boolean\n        description: Whether this output is wanted\n")
        })
        .collect();
    let shared: String = job.inputs.iter().filter(|input| input.is_shared).map(|input| of_input(input, "  ")).collect();
    let outputs: String = job.outputs.iter().map(of_output).collect();
    let version = format!("attentrack-{stage} --version | sed 's/.* //'");
    let versions = format!(
        "  versions:\n    - - ${{task.process}}:\n          type: string\n          description: Name of the process\n      - attentrack:\n          type: string\n          description: Name of the tool\n      - {version}:\n          type: eval\n          description: Version of the tool\n"
    );
    format!(
        "# Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.\nname: {stage}\ndescription: {about:?}\nkeywords:\n{keywords}tools:\n  - attentrack:\n      description: From histone marks and gene expression to attention tracks\n      licence: [\"MIT\", \"Apache-2.0\"]\n      doi: 10.48550/arXiv.1708.00339\ninput:\n  - - meta:\n        {}\n{own}{wanted}{shared}output:\n{outputs}{versions}topics:\n{versions}",
        META.replace('@', "        ")
    )
}

fn of_input(input: &JobInput, indent: &str) -> String {
    let marks = match input.number {
        Number::ByMark(marks) | Number::AnyByMark(marks) => {
            format!(
                "{indent}- {marks}:\n{indent}    type: list\n{indent}    description: Marks of the {}, in their order\n",
                input.name
            )
        }
        _ => String::new(),
    };
    let JobInput { name, about, pattern, .. } = input;
    format!(
        "{marks}{indent}- {name}:\n{indent}    type: file\n{indent}    description: {about:?}\n{indent}    pattern: {pattern:?}\n"
    )
}

fn of_output(output: &JobOutput) -> String {
    let of = |emit: &Emit| {
        let (declared, pattern) = if output.is_folder() {
            (format!("*/{}", emit.glob), emit.glob.to_owned())
        } else {
            (format!("*{}", output.end), format!("*{}", output.end))
        };
        format!(
            "  {}:\n    - - meta:\n          {}\n      - {declared:?}:\n          type: file\n          description: {:?}\n          pattern: {pattern:?}\n",
            emit.name,
            META.replace('@', "          "),
            emit.about
        )
    };
    (output.emits)().iter().map(of).collect()
}
