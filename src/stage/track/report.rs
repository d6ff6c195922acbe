//! The summary of a track, for the log.

use std::path::Path;

use super::Args;
use crate::io::track::{Format, Holds};
use crate::matrix::Kind;
use crate::matrix::track::{Cells, Selection, TrackValue, TrackValues};

/// Logs what a file holds: how much of what, and the scale.
pub fn log(
    args: &Args,
    format: Format,
    values: &TrackValues,
    selection: &Selection,
    cells: &Cells,
    thresholds: &[f32],
    path: &Path,
) {
    let matrix = values.matrix();
    let genes = selection.genes.as_ref().map_or(matrix.n_regions(), Vec::len);
    tracing::info!(
        "{}: {} {} of {} genes, {} marks, sample {}; {} genes without a value left out, {} bins outside their chromosome",
        path.display(),
        values.kind(),
        matrix.kind.name(),
        genes,
        selection.channels.len(),
        matrix.sample,
        cells.n_missing_genes,
        cells.n_outside,
    );
    if let Some(attribution) = &matrix.attribution {
        tracing::info!("{}: {}", attribution.method, attribution.unit);
    }
    if format.holds == Holds::Boxes {
        let share = |part: f64, whole: f64| if whole > 0.0 { 100.0 * part / whole } else { 0.0 };
        tracing::info!(
            "kept {} of {} bins ({:.1} %), which hold {:.1} % of the {}",
            cells.kept.len(),
            cells.n_selected,
            share(cells.kept.len() as f64, cells.n_selected as f64),
            share(cells.kept_sum, cells.selected_sum),
            matrix.kind.name(),
        );
        for &mark in &selection.channels {
            let kept = cells.kept.iter().filter(|cell| cell.channel as usize == mark).count();
            tracing::info!(
                "{}: {kept} bins of at least {}; score 1000 is {} or more",
                values.channels()[mark].name,
                significant(f64::from(thresholds[mark])),
                significant(10.0 * values.even_share(mark)),
            );
        }
    }
    let is_even = |&mark: &usize| f64::from(thresholds[mark]) < 1.99 * values.even_share(mark);
    let chosen = args.options.min_value.is_none() && !args.options.all && format.holds == Holds::Boxes;
    if chosen && matrix.kind == Kind::Attention && selection.channels.iter().all(is_even) {
        tracing::warn!(
            "the attention is nearly even: of no mark do 1 % of the bins hold twice the even share. A model that was trained on few genes may need more epochs or a higher learning rate"
        );
    }
    if values.kind() == TrackValue::Raw && matrix.kind == Kind::Attention {
        tracing::warn!(
            "raw attention is higher at the window's ends even without signal; --value corrected removes that"
        );
    }
    if cells.n_unplaced > 0 {
        tracing::warn!(
            "{} parts of bodies are left out: the file does not say where their genes end. Make it again from a matrix that attentrack-bin writes today",
            cells.n_unplaced
        );
    }
    let mut ranks: Vec<u32> = cells.kept.iter().map(|cell| cell.chrom).collect();
    ranks.dedup();
    ranks.sort_unstable();
    ranks.dedup();
    let unknown = ranks.iter().filter(|&&rank| matrix.chroms.length(&cells.chroms[rank as usize]).is_none()).count();
    if unknown > 0 {
        tracing::warn!(
            "the lengths of {unknown} chromosomes are unknown, so bins may pass their ends; --chrom-sizes gives them"
        );
    }
}

/// Logs what a test says of the explanation that is drawn.
pub fn log_verdict(values: &TrackValues) {
    match values.judged() {
        Some(judged) if judged.is_warning() => tracing::warn!("{}: {judged}", judged.sample),
        Some(judged) => tracing::info!("{}: {judged}", judged.sample),
        None => {}
    }
}

/// A number with three significant digits.
fn significant(value: f64) -> String {
    let decimals = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 12) };
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
