//! Which windows share bases: neighbouring genes in different splits are partly the same data.

use std::collections::HashMap;

use crate::genome::Tss;

/// For each of `windows`, whether the window around it shares at least one base with the window of any
/// of `others`.
///
/// A window is [tss − `flank_bp`, tss + `flank_bp`) for either strand, so two windows on one
/// chromosome overlap where their TSSs are less than 2 × `flank_bp` apart.
pub fn overlapping_windows(windows: &[&Tss], others: &[&Tss], flank_bp: u32) -> Vec<bool> {
    let mut positions: HashMap<&str, Vec<u64>> = HashMap::new();
    for tss in others {
        positions.entry(&tss.chrom).or_default().push(tss.position);
    }
    positions.values_mut().for_each(|positions| positions.sort_unstable());
    let reach = 2 * u64::from(flank_bp);
    windows
        .iter()
        .map(|tss| {
            let Some(positions) = positions.get(tss.chrom.as_str()) else { return false };
            let next = positions.partition_point(|&position| position < tss.position);
            let near = |at: Option<usize>| {
                at.and_then(|at| positions.get(at)).is_some_and(|position| position.abs_diff(tss.position) < reach)
            };
            near(Some(next)) || near(next.checked_sub(1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::Strand;

    #[test]
    fn windows_that_touch_do_not_overlap() {
        let tss = |chrom: &str, position| Tss { chrom: chrom.into(), position, strand: Strand::Forward };
        let train = [tss("chr1", 50_000), tss("chr1", 90_000)];
        // [45000, 55000) and [85000, 95000) are taken
        let tests = [
            (tss("chr1", 40_000), false), // [35000, 45000)
            (tss("chr1", 40_001), true),
            (tss("chr1", 50_000), true),
            (tss("chr1", 59_999), true),
            (tss("chr1", 60_000), false),
            (tss("chr1", 80_001), true),
            (tss("chr1", 120_000), false),
            (tss("chr2", 50_000), false),
        ];
        let windows: Vec<&Tss> = tests.iter().map(|(tss, _)| tss).collect();
        let found = overlapping_windows(&windows, &train.iter().collect::<Vec<_>>(), 5000);
        assert_eq!(found, tests.iter().map(|(_, overlaps)| *overlaps).collect::<Vec<_>>());
        assert_eq!(overlapping_windows(&windows, &[], 5000), vec![false; tests.len()]);
    }
}
