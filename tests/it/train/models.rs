//! Every model through train, predict and evaluate, for classes and for numbers.

use attentrack::io;
use attentrack::learn::{Recipe, Task, recipe};
use attentrack::model::Sizes;
use attentrack::stage::model_file;

use super::{GENES, INPUTS, bytes, workdir};
use crate::support::Workdir;

/// Sizes with which 60 genes are learnt in a moment, of the networks that have them.
const SMALL: [(&str, &str); 6] = [
    ("bin_hidden", "--bin-hidden 6"),
    ("mark_hidden", "--mark-hidden 3"),
    ("kernel_width", "--kernel-width 3"),
    ("pool", "--pool 2"),
    ("filters", "--filters 10"),
    ("hidden", "--hidden 20"),
];

/// Every network of single samples, with its small sizes as flags.
fn networks() -> impl Iterator<Item = (&'static Recipe, String)> {
    let networks =
        recipe::all().iter().filter(|recipe| recipe.has_ensembles() && !recipe.needs.pair && !recipe.needs.sequence);
    networks.map(|recipe| {
        let sizes = SMALL.iter().filter(|(name, _)| recipe.has_size(name)).map(|(_, flag)| *flag);
        (recipe, sizes.chain(["--learning-rate 0.01"]).collect::<Vec<_>>().join(" "))
    })
}

/// The labels of positives and negatives as numbers, with a little more than two values.
fn numbers(work: &Workdir) {
    let text = (0..GENES).fold("gene_id\tlabel\n".to_owned(), |text, gene| {
        text + &format!("G{gene}\t{}\n", (gene % 2) as f64 * 3.0 + (gene % 7) as f64 / 20.0)
    });
    work.write("numbers.tsv", text);
}

#[test]
fn every_model_learns_classes_and_numbers_and_says_what_it_can() {
    let work = workdir();
    numbers(&work);
    for (recipe, sizes) in networks() {
        let model = recipe.tag;
        let config = recipe.config(&Sizes::default(), Task::Classification, (2, 20), 0).unwrap();
        let (has_bins, has_marks) = (config.has_bin_attention(), config.has_mark_attention());
        for (task, labels, metric) in [("classification", "labels", "auroc"), ("regression", "numbers", "pearson")] {
            let inputs = format!("--bins x.bins.safetensors --labels {labels}.tsv --splits splits.tsv");
            // without attention, an LSTM must learn to remember the middle of the window
            let epochs = if model == "lstm" { 300 } else { 60 };
            let what = format!("--model {model} --task {task} {sizes} --epochs {epochs}");
            work.ok("train", &format!("{inputs} {what} --out m.model.safetensors"));
            let history = work.read("m.history.tsv");
            assert!(history.starts_with(&format!("epoch\ttrain_loss\tvalid_loss\tvalid_{metric}\t")), "{history}");
            let (header, _) = model_file::read(&work.path("m.model.safetensors")).unwrap();
            assert_eq!((header.model.name(), header.task.name()), (model, task));
            let member = &header.members[0];
            let [of_kind, of_other] = match header.task {
                Task::Classification => [member.best_valid_auroc, member.best_valid_pearson],
                Task::Regression => [member.best_valid_pearson, member.best_valid_auroc],
            };
            assert!(of_kind.unwrap() > 0.9 && of_other.is_none(), "{model} {task}: {member:?}");
            assert_eq!(header.threshold.is_some(), task == "classification");

            let files = "--bins x.bins.safetensors --model m.model.safetensors --predictions p.tsv";
            work.ok("predict", files);
            let predictions = io::predictions::read(&work.path("p.tsv")).unwrap();
            assert_eq!(predictions.marks.len(), if has_marks { 2 } else { 0 }, "{model}");
            let attention = format!("{files} --attention a.bins.safetensors");
            if has_bins {
                work.ok("predict", &attention);
                let matrix = io::bins::read(&work.path("a.bins.safetensors")).unwrap();
                let sums = matrix.layers[0].values[..40].chunks(20).map(|bins| bins.iter().sum::<f32>());
                assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{model}");
                let held = matrix.layers[0].attention.as_ref().unwrap();
                assert_eq!((held.mark_values.is_some(), held.null_values.len()), (has_marks, 40), "{model}");
            } else {
                work.fails("predict", &attention, &["m.model.safetensors", &format!("{model} has no attention")]);
            }
            let labels = format!("--labels {labels}.tsv --splits splits.tsv --out metrics.json --bootstrap 0");
            work.ok("evaluate", &format!("--predictions p.tsv {labels}"));
            assert!(work.read("metrics.json").contains(&format!("\"{metric}\"")), "{model} {task}");
        }
    }
}

#[test]
fn threads_and_company_do_not_change_a_byte_of_any_model() {
    let work = workdir();
    for (recipe, sizes) in networks() {
        let model = recipe.tag;
        let what = format!("{INPUTS} --model {model} {sizes} --epochs 3 --dropout 0.3");
        work.ok("train", &format!("{what} --threads 1 --ensemble 2 --out one.model.safetensors"));
        work.ok("train", &format!("{what} --threads 2 --ensemble 2 --out two.model.safetensors"));
        assert_eq!(bytes(&work, "one.model.safetensors"), bytes(&work, "two.model.safetensors"), "{model}");
        work.ok("train", &format!("{what} --seed 2 --out alone.model.safetensors"));
        let (_, together) = model_file::read(&work.path("two.model.safetensors")).unwrap();
        let (_, alone) = model_file::read(&work.path("alone.model.safetensors")).unwrap();
        for (name, tensor) in alone {
            let of_member = together.iter().find(|(other, _)| *other == format!("members.1.{name}")).unwrap();
            assert_eq!(of_member.1.to_f32(), tensor.to_f32(), "{model} {name}");
        }
    }
}

#[test]
fn sizes_and_labels_of_another_model_or_task_are_refused_in_words() {
    let work = workdir();
    numbers(&work);
    let out = "--out m.model.safetensors";
    work.fails(
        "train",
        &format!("{INPUTS} --model deep-chrome-linear --mark-hidden 3 {out}"),
        &["--mark-hidden is a size of attentive-chrome"],
    );
    let needles = ["labels.tsv: all labels are 0 or 1", "--method log2"];
    work.fails("train", &format!("{INPUTS} --task regression {out}"), &needles);
    let numbers = "--bins x.bins.safetensors --labels numbers.tsv --splits splits.tsv";
    work.fails("train", &format!("{numbers} {out}"), &["is neither 0 nor 1", "--task regression"]);
}
