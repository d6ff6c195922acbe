//! What in these very numbers calls for care.

use super::accuracy::{headline, metric_name, reports};
use super::inputs::ReportInputs;
use super::verdict;
use crate::learn::metrics::{GeneCounts, TaskMetrics};
use crate::matrix::{Split, Status};

/// Every warning that the inputs give reason for, each a heading and a sentence.
pub fn cautions(inputs: &ReportInputs) -> Vec<(String, String)> {
    let found = [
        overlap(inputs),
        fold(inputs),
        width(inputs),
        gap(inputs),
        balance(inputs),
        calibration(inputs),
        epochs(inputs),
        lost(inputs),
        flat(inputs),
        only_scored(inputs),
        new_samples(inputs),
    ];
    found.into_iter().flatten().chain(verdict::cautions(inputs)).collect()
}

fn warning(heading: &str, text: String) -> Option<(String, String)> {
    Some((heading.to_owned(), text))
}

fn only_scored(inputs: &ReportInputs) -> Option<(String, String)> {
    let names = inputs.only_scored.join(", ");
    let text = format!(
        "{names}: scored without expression data. No figure on this page is of their genes, and nothing here says how good their scores are. They are not calibrated on these samples: use their order."
    );
    if names.is_empty() { None } else { warning("Scored only", text) }
}

fn new_samples(inputs: &ReportInputs) -> Option<(String, String)> {
    let figures = inputs.metrics.pooled.splits.get(&inputs.metrics.headline)?;
    let names = inputs.new_samples.join(", ");
    let TaskMetrics::Classification { calibration_error, .. } = &figures.metrics else { return None };
    let error = calibration_error
        .value
        .map_or_else(String::new, |error| format!(" Here they are off by {error:.2} on average."));
    let text = format!(
        "{names}: scored by a model that was trained on other samples. Scores are not calibrated on a new sample: use their order.{error}"
    );
    if names.is_empty() { None } else { warning("New samples", text) }
}

fn overlap(inputs: &ReportInputs) -> Option<(String, String)> {
    let overlap = inputs.metrics.overlap.as_ref()?;
    let shared = overlap.test_overlapping_train;
    if shared == 0 {
        return None;
    }
    let share = 100.0 * shared as f64 / overlap.test_genes as f64;
    warning(
        "Leaking windows",
        format!(
            "{shared} of {} test windows ({share:.1} %) share bases with a training window: the model has seen part of these genes, which inflates accuracy. Hold out whole chromosomes (split method chromosome).",
            overlap.test_genes
        ),
    )
}

fn fold(inputs: &ReportInputs) -> Option<(String, String)> {
    let folds = inputs.metrics.folds.filter(|&folds| folds > 1)?;
    warning(
        "One fold of several",
        format!(
            "The splits have {folds} folds, and these figures are of fold {} alone (counted from 0). Other folds may give other figures: attentrack compare trains and judges all of them.",
            inputs.metrics.fold
        ),
    )
}

fn width(inputs: &ReportInputs) -> Option<(String, String)> {
    let report = *reports(inputs).first()?;
    let (name, estimate) = headline(inputs, report)?;
    let (low, high) = (estimate.low?, estimate.high?);
    if name == "mse" || high - low <= 0.08 {
        return None;
    }
    warning(
        "Few genes to judge by",
        format!(
            "The interval of the {} is {:.3} wide. Differences between models or samples smaller than that mean nothing; more genes for {} narrow it.",
            metric_name(name),
            high - low,
            inputs.metrics.headline
        ),
    )
}

fn gap(inputs: &ReportInputs) -> Option<(String, String)> {
    let splits = &inputs.metrics.pooled.splits;
    let of = |split: Split| splits.get(&split)?.metrics.named().first()?.1.value;
    let (name, _) = headline(inputs, &inputs.metrics.pooled)?;
    let (train, test) = (of(Split::Train)?, of(Split::Test)?);
    if train - test <= 0.08 {
        return None;
    }
    let name = metric_name(name);
    warning(
        "Learnt by heart",
        format!(
            "The {name} is {train:.3} on the training genes, but {test:.3} on the test genes. Fewer epochs, more dropout or more samples help."
        ),
    )
}

fn balance(inputs: &ReportInputs) -> Option<(String, String)> {
    let figures = inputs.metrics.pooled.splits.get(&inputs.metrics.headline)?;
    let TaskMetrics::Classification { positive_rate, .. } = figures.metrics else { return None };
    if (0.25..=0.75).contains(&positive_rate) {
        return None;
    }
    warning(
        "Uneven classes",
        format!(
            "{:.0} % of the {} genes are expressed: the AUPRC of a coin is {positive_rate:.3}, and calling every gene the same is right for {:.0} %.",
            100.0 * positive_rate,
            inputs.metrics.headline,
            100.0 * positive_rate.max(1.0 - positive_rate)
        ),
    )
}

fn calibration(inputs: &ReportInputs) -> Option<(String, String)> {
    let figures = inputs.metrics.pooled.splits.get(&inputs.metrics.headline)?;
    let TaskMetrics::Classification { calibration_error, .. } = &figures.metrics else { return None };
    let error = calibration_error.value.filter(|&error| error > 0.1)?;
    warning(
        "Scores are not probabilities",
        format!(
            "They are off by {error:.2} on average. Use their order, or the threshold in the metrics, not their size."
        ),
    )
}

fn epochs(inputs: &ReportInputs) -> Option<(String, String)> {
    let all = inputs.models().count();
    let last = inputs
        .models()
        .filter_map(|(_, model)| model.chosen_by())
        .filter(|curve| {
            curve.points.len() > 1 && curve.best().map(|best| best.0) == curve.points.last().map(|last| last.0)
        })
        .count();
    if last == 0 {
        return None;
    }
    warning(
        "Not yet done learning",
        format!("In {last} of {all} models the last epoch was the best one: more epochs may still improve them."),
    )
}

fn lost(inputs: &ReportInputs) -> Option<(String, String)> {
    let genes = &inputs.metrics.pooled.genes;
    let lost = genes.unscored + genes.not_predicted;
    let share = 100.0 * lost as f64 / (genes.used + lost).max(1) as f64;
    if share <= 2.0 {
        return None;
    }
    let of_status = unscored(genes).into_iter().map(|(count, why)| format!("{count} {why}"));
    let not_predicted =
        (genes.not_predicted > 0).then(|| format!("{} are not in the predictions", genes.not_predicted));
    let reasons: Vec<String> = of_status.chain(not_predicted).collect();
    warning(
        "Genes were lost",
        format!(
            "{lost} genes ({share:.1} %) have no score: {}. The figures say nothing about them.",
            reasons.join(", ")
        ),
    )
}

/// Why genes have no score, by their status, and how many.
pub fn unscored(genes: &GeneCounts) -> Vec<(u64, &'static str)> {
    let why = |status: &str| match Status::from_name(status) {
        Some(Status::Empty) => "have no data in any mark",
        Some(Status::NoChrom) => "are on chromosomes that a signal lacks",
        _ => "have a window with data, but no score",
    };
    let by_status: Vec<(u64, &str)> =
        genes.unscored_status.iter().map(|(status, &count)| (count, why(status))).collect();
    let rest = genes.unscored - by_status.iter().map(|(count, _)| count).sum::<u64>().min(genes.unscored);
    // metrics of an earlier version do not say why
    by_status.into_iter().chain((rest > 0).then_some((rest, "have no score"))).collect()
}

fn flat(inputs: &ReportInputs) -> Option<(String, String)> {
    let profile = inputs.profile.as_ref()?;
    let marks = 0..profile.marks.len();
    let highest = marks.flat_map(|mark| [0, 1].into_iter().flat_map(move |group| profile.mean(group, mark)));
    let highest = highest.map(|point| point.1).fold(0.0, f64::max);
    if highest >= 1.5 {
        return None;
    }
    warning(
        "Nearly even attention",
        format!(
            "No position of any mark gets more than {highest:.2} times the even share on average: there is little to see in the tracks. A model that was trained on few genes may need more epochs or a higher learning rate."
        ),
    )
}
