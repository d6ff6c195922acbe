//! config.yaml and the stages: every option is a key, and what is printed is what is done.

use std::path::Path;

use attentrack::cli::config::{Config, Origin, key};
use attentrack::cli::{chain, command_of, step::Step};
use attentrack::stage::CHAIN;
use attentrack::stage::job::{Number, Unit};

use crate::support::Workdir;

/// A flag without a key is a file that stages hand on, or something that the chain decides.
#[test]
fn every_option_of_a_stage_in_the_chain_is_a_key() {
    let wired = [
        "bins",
        "model",
        "out",
        "out-dir",
        "genes",
        "labels",
        "splits",
        "predictions",
        "attention",
        "metrics",
        "history",
        "input",
        "signal",
        "control",
        "sample",
        "tsv",
        "versus",
        "only-scored",
        "new-sample",
        "faithfulness",
        "graph",
        "samples",
        "summary",
    ];
    // other ways into attentrack-bin, -split and -graph, and some genes of a sample, which the chain does not take; and
    // always on in a chain
    let others = [
        "deepchrome-csv",
        "marks",
        "labels-out",
        "fasta",
        "genome",
        "regions",
        "peaks",
        "table",
        "reference",
        "resume",
    ];
    let mut keys = 0;
    for stage in CHAIN.iter().map(|job| job.stage) {
        let command = command_of(stage).unwrap();
        let shown = |flag: &&clap::Arg| !flag.is_hide_set() && flag.get_help_heading() != Some("General");
        for flag in command.get_arguments().filter(shown).filter_map(|flag| flag.get_long()) {
            let is_key = key::of_flag(stage, flag).is_some();
            let is_known = [&wired[..], &others].iter().any(|flags| flags.contains(&flag));
            assert!(is_key || is_known, "attentrack-{stage} --{flag} is not a key of config.yaml");
            keys += usize::from(is_key);
        }
    }
    assert!(keys > 80, "{keys} keys");
}

#[test]
fn no_text_of_the_schema_has_a_closed_set_of_values() {
    // files, columns, names and places, which only the user knows; chrom_alias may be a file too
    let open = [
        "samples",
        "pairs",
        "path",
        "assembly",
        "biotype",
        "chroms",
        "exclude_chroms",
        "id_attribute",
        "column",
        "columns",
        "gene_column",
        "held_out",
        "held_out_mark",
        "other_model",
        "permuted_model",
        "truth",
        "versus",
        "title",
        "valid_chroms",
        "test_chroms",
        "chrom_sizes",
        "gene",
        "mark",
        "region",
        "blacklist",
        "reference",
        "chrom_alias",
        "contexts",
        "weights",
        "groups",
    ];
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/config.schema.json"));
    let schema: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    let mut choices = 0;
    let mut look = vec![(String::new(), &schema)];
    while let Some((name, part)) = look.pop() {
        if let Some(reference) = part["$ref"].as_str() {
            look.push((name.clone(), &schema["$defs"][reference.rsplit('/').next().unwrap()]));
        }
        let inner = ["items", "additionalProperties"].into_iter().map(|word| &part[word]);
        let alternatives = part["anyOf"].as_array().into_iter().flatten();
        look.extend(inner.chain(alternatives).filter(|inner| inner.is_object()).map(|inner| (name.clone(), inner)));
        look.extend(part["properties"].as_object().into_iter().flatten().map(|(key, inner)| (key.clone(), inner)));
        let types = part["type"].as_array().cloned().unwrap_or_else(|| vec![part["type"].clone()]);
        let is_closed = ["oneOf", "enum", "const", "pattern"].iter().any(|word| part.get(word).is_some());
        choices += usize::from(is_closed);
        let is_text = types.iter().any(|name| name == "string");
        assert!(!is_text || is_closed || open.contains(&name.as_str()), "{name}: any text is let pass: {part}");
    }
    assert!(choices > 20, "{choices} choices");
}

fn steps_of(config: &Path) -> Vec<Step> {
    let (config, cohort) = Config::read(config, &Origin { allow_missing: true, ..Origin::default() }).unwrap();
    chain::plan(&config, &cohort, Path::new("results"), false).unwrap()
}

#[test]
fn every_printed_command_means_its_step() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let dir = Workdir::new();
    dir.write(
        "samples.tsv",
        "sample\tmark\tpath\tcontrol\ttissue\ns1\tH3K4me3\ta.bw\t\tx\ns2\tH3K4me3\tb.bam\ta.bw\ty\n\
         s2\tH3K4me3\tc.bam\ta.bw\ty\ns1\tH3K4me3\td.bw\t\tx\n",
    );
    let minimal = "samples: samples.tsv\nannotation: {path: genes.gtf}\nexpression: {path: expression.tsv}\n";
    let everything = "samples: samples.tsv\n\
        annotation: {path: genes.gtf, assembly: hg19, policy: gene, biotype: [x, y], keep_version: true}\n\
        expression: {path: expression.tsv, gene_column: id, columns: {s1: H1.REP1}, duplicates: max}\n\
        window: {flank: 1000, bin_size: 100, orientation: gene, statistic: mean, body: true, replicates: mean, chrom_alias: none,\n\
        \x20 max_lost_genes: 0.5, min_mapq: 3, exclude_flags: '4', blacklist: b.bed, extend: 200,\n\
        \x20 control_method: log-ratio, pseudocount: 0.5, score_empty: true}\n\
        labels: {method: threshold, threshold: {s1: 1, s2: 2.5}}\nsplit: {method: random, folds: 3, seed: 2}\n\
        model: {name: deep-chrome, hidden: [8, 4]}\n\
        train: {mode: leave-one-sample-out, epochs: 1, batch_size: 8, ensemble: 2, optimizer: sgd, momentum: 0.5,\n\
        \x20 learning_rate: 0.1, schedule: step, dropout: 0.1, weight_decay: 0.1, transform: raw, seed: 2, fold: 1,\n\
        \x20 calibrate: isotonic, clip_norm: 2, memory: 2G, device: cpu, instruction_set: portable}\n\
        explain: {methods: [saliency, occlusion], faithfulness: true}\nfaithfulness: {seed: 4, methods: [saliency], truth: t.tsv, other_model: [o.model.safetensors]}\n\
        tracks: {formats: [bed, tsv], value: raw, aggregate: max, min_value: 0.25, gene: [g1, '@genes.txt'], chrom_sizes: c.sizes}\n\
        evaluate: {split: test, bootstrap: 10}\nreport: {title: A title}\n\
        graph: {contexts: tissue, method: kdiffnet, weights: w.tsv, groups: g.tsv, lambda: 0.1, epsilon: 0.5, association: kendall,\n\
        \x20 nodes: ['bins:4', body, expression], halves: 3, nulls: 2, seed: 5, published: true}\n";
    let configs =
        [("minimal.yaml", minimal), ("everything.yaml", everything)].map(|(name, text)| dir.write(name, text));
    for config in
        configs.into_iter().chain(["quickstart", "roadmap"].map(|name| examples.join(name).join("config.yaml")))
    {
        let steps = steps_of(&config);
        assert!(steps.len() > 8, "{}", config.display());
        for step in &steps {
            step.check().unwrap();
            assert!(step.is_its_command(), "{}: {step}", config.display());
            assert_is_a_job(step);
        }
    }
}

/// What an engine gives a step is what the step reads and leaves: a file that the job did not name would be lost.
fn assert_is_a_job(step: &Step) {
    let job = CHAIN.iter().find(|job| job.stage == step.stage).unwrap();
    for input in step.inputs() {
        let named = job.inputs.iter().find(|named| named.flag == input.flag);
        let named = named.unwrap_or_else(|| panic!("the job of attentrack-{} has no {}", step.stage, input.flag));
        let by_mark = matches!(named.number, Number::ByMark(_) | Number::AnyByMark(_));
        assert_eq!(by_mark, input.mark.is_some(), "{} of {step}", input.flag);
    }
    let name = match job.unit {
        Unit::Once(name) => name,
        Unit::Sample | Unit::Run => step.id.as_deref().unwrap(),
    };
    let outputs: Vec<&Path> = step.outputs().collect();
    let named: Vec<_> = job.outputs.iter().map(|output| Path::new("results").join(output.path(name))).collect();
    let always = job.outputs.iter().filter(|output| output.wanted.is_none()).count();
    assert!(outputs.len() >= always && outputs == named[..outputs.len()], "{outputs:?}, {named:?}");
}

/// Keys of earlier versions, keys without a value, sections without a key.
#[test]
fn what_was_a_config_is_one() {
    let dir = Workdir::new();
    dir.write("samples.tsv", "sample\tmark\tpath\ns1\tH3K4me3\ta.bw\n");
    let minimal = "samples: samples.tsv\nannotation: {path: genes.gtf}\nexpression: {path: expression.tsv}\n";
    let commands = |more: &str| {
        let steps = steps_of(&dir.write("config.yaml", format!("{minimal}{more}")));
        steps.iter().map(Step::to_string).collect::<Vec<_>>()
    };
    let plain = commands("");
    for same in
        ["train:\n", "train: {epochs: ~, seed: 1}\n", "tracks: {formats: }\nexplain: {methods: []}\n", "labels: {}\n"]
    {
        assert_eq!(commands(same), plain, "{same}");
    }
    for [key, alias] in [
        ["model: {name: lstm}\n", "model: {model: lstm}\n"],
        ["explain: {methods: [saliency]}\n", "explain: {method: [saliency]}\n"],
        ["tracks: {formats: [bed]}\n", "tracks: {format: [bed]}\n"],
    ] {
        assert_eq!(commands(key), commands(alias));
        assert_ne!(commands(key), plain);
    }
}
