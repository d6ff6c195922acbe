//! One Snakemake rule a job.

use crate::stage::job::{Job, JobOutput, Unit};

/// All rules, in one file.
pub fn rules(chain: &[&Job]) -> String {
    let rules: Vec<String> = chain.iter().map(|job| rule(job)).collect();
    format!(
        "# Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.\n{}",
        rules.join("\n\n")
    )
}

fn rule(job: &Job) -> String {
    let stage = job.stage;
    let wildcard = match job.unit {
        Unit::Once(_) => "",
        Unit::Sample => "{{sample}}",
        Unit::Run => "{{run}}",
    };
    let outputs: String = job.outputs.iter().map(|output| declared(job, output, wildcard)).collect();
    let of = if wildcard.is_empty() { String::new() } else { format!(".{wildcard}") };
    let gres = if job.uses_gpu { format!("        gres=gres(\"{stage}\"),\n") } else { String::new() };
    let (threads, memory, hours) = (job.size.threads(), 1000 * job.size.memory_gb(), job.size.hours());
    format!(
        r#"rule {stage}:
    input:
        inputs("{stage}"),
    output:
{outputs}    log:
        f"{{OUT}}/logs/{stage}{of}.log",
    benchmark:
        f"{{OUT}}/benchmarks/{stage}{of}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: {threads}
    resources:
        mem_mb=lambda wildcards, attempt: {memory} * attempt,
        runtime={runtime},
{gres}    params:
        command=command("{stage}"),
    shell:
        "{{params.command}} --threads {{threads}} 2> {{log:q}}"
"#,
        runtime = 60 * hours
    )
}

fn declared(job: &Job, output: &JobOutput, wildcard: &str) -> String {
    let name = if let Unit::Once(name) = job.unit { name } else { wildcard };
    let path = format!("f\"{{OUT}}/{}\"", output.path(name));
    match (output.is_folder(), output.wanted, output.flag) {
        (true, ..) => format!("        directory({path}),\n"),
        (false, Some(_), Some(flag)) => format!(
            "        *wanted(\n            \"{}\",\n            \"{flag}\",\n            {path},\n        ),\n",
            job.stage
        ),
        _ => format!("        {path},\n"),
    }
}
