//! Labels of regions: whether a peak covers them.

use std::path::Path;

use anyhow::{bail, ensure};
use tracing::{info, warn};

use super::Args;
use crate::io::regions;
use crate::matrix::{Label, Labels};

/// A region is a positive if peaks cover at least this share of it, or its own base.
const COVERED: f64 = 0.5;

/// The labels of all regions, in order: 1 where peaks cover half of the region, or its summit or middle; 0 where none touches
/// it; none of the others.
pub(super) fn read(args: &Args, path: &Path) -> anyhow::Result<Labels> {
    let Some(peaks) = &args.peaks else { bail!("--peaks is missing") };
    let (found, cover) = (regions::read(path)?, regions::cover(&regions::read(peaks)?, 0));
    let (mut labels, mut counts, mut known) = (Labels::default(), [0usize; 3], false);
    for (region, &(start, end)) in found.regions.iter().zip(&found.spans) {
        let Some(tss) = &region.tss else { continue };
        let spans = cover.get(&tss.chrom).map_or(&[][..], Vec::as_slice);
        known |= !spans.is_empty();
        let first = spans.partition_point(|&(_, end)| end <= start);
        let touching = spans[first..].iter().take_while(|&&(from, _)| from < end);
        let (mut covered, mut has_own) = (0, false);
        for &(from, to) in touching {
            covered += to.min(end) - from.max(start);
            has_own |= (from..to).contains(&tss.position);
        }
        let label = match covered {
            0 => Some(0.0),
            _ if has_own || covered as f64 >= COVERED * (end - start) as f64 => Some(1.0),
            _ => None,
        };
        counts[label.map_or(2, |label| label as usize)] += 1;
        labels.rows.push(Label { gene_id: region.id.clone(), gene_name: None, label, expression: None });
    }
    ensure!(
        known,
        "{} and {} have no chromosome in common. Give both in one assembly and one spelling of chromosomes",
        path.display(),
        peaks.display()
    );
    let [without, with, unsure] = counts;
    info!("{with} regions under peaks, {without} off them");
    if unsure > 0 {
        warn!("{unsure} regions are touched by a peak that covers neither half of them nor their middle: labelled NA");
    }
    if with == 0 || without == 0 {
        warn!("all labelled regions have one label: a model needs both");
    }
    Ok(labels)
}
