//! Training of `auto` of DNA: models of its words, stacked.

use anyhow::Result;

use super::Args;
use super::kmers::{n_bases, read, warn_of_short};
use super::provenance::{self, About};
use super::runs::{HISTORY_SUFFIX, ModelRun};
use crate::io::table::write_table;
use crate::learn::auto::{self, Words};
use crate::learn::{ModelSpec, TrainingData};
use crate::stage::model_file;

/// Validation sequences of the rarer label below which the scores are warned of.
const FEW: usize = 10;

/// Fits and writes a stack a run, and beside it NAME.history.tsv with the setting that was chosen for each member.
pub fn train(args: &Args, runs: &[ModelRun], data: &TrainingData) -> Result<()> {
    let (metric, short) = args.task().metric();
    for (set, run) in runs.iter().enumerate() {
        let members = auto::words(args.task(), n_bases(run)?, args.options.strands.unwrap_or_default());
        let [train, valid] = read(run, (data, set))?;
        let longest = members.iter().max_by_key(|member| member.kmer_length);
        longest.map_or(Ok(()), |member| warn_of_short(member, [&train, &valid]))?;
        let (words, choices) = Words::fit(members, args.task(), &train, &valid)?;
        let name = if run.name.is_empty() { String::new() } else { format!("{}: ", run.name) };
        let mut rows = Vec::new();
        for (share, choice) in words.config.words.iter().zip(choices) {
            let model = &share.model;
            let member = format!("{} {},{}", model.tag.name(), model.kmer_length, model.mismatches);
            tracing::info!("{name}{member}: C {}, valid {metric} {:.4}", choice.value, choice.valid_metric);
            rows.push([member, choice.value.to_string(), format!("{:.6}", choice.valid_metric)]);
        }
        let raw = provenance::valid_scores(args.task(), (data, set), &words)?;
        let labels = data.valid.labels(set).iter().copied();
        let (labels, raw): (Vec<f32>, Vec<f32>) = labels.zip(raw).filter(|(_, raw)| !raw.is_nan()).unzip();
        let together = args.task().metric_of(&labels, &raw).unwrap_or(f64::NAN);
        tracing::info!("{name}all together: valid {metric} {together:.4}");
        rows.push(["all".to_owned(), "NA".to_owned(), format!("{together:.6}")]);
        let positive = labels.iter().filter(|&&label| label == 1.0).count();
        let rarer = positive.min(labels.len() - positive);
        if args.task() == crate::learn::Task::Classification && rarer < FEW {
            tracing::warn!(
                "{name}{rarer} validation sequences of the rarer label are few for --model auto, which chooses its members' settings \
                 and calibrates by them: do not take its scores for probabilities"
            );
        }
        write_table(&run.beside(HISTORY_SUFFIX), &["member", "C", &format!("valid_{short}")], rows)?;
        let about = About {
            spec: ModelSpec::Words(words.config.clone()),
            members: Vec::new(),
            judged: provenance::judge(args, &labels, raw),
            genes: (train.labels.len(), valid.labels.len()),
            regime: None,
        };
        model_file::save(&run.out, &provenance::header(args, run, about), &words)?;
    }
    Ok(())
}
