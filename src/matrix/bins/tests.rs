use super::*;
use crate::genome::{Gene, Grid, Orientation, Strand, Tss};

fn windows(orientation: Orientation) -> Windows {
    let gene = |position, strand| Gene {
        id: format!("{position}"),
        symbol: None,
        tss: Tss { chrom: "chr1".into(), position, strand },
        end: None,
    };
    // [80, 120) and, reversed in gene orientation, [91, 131)
    let genes = [gene(100, Strand::Forward), gene(110, Strand::Reverse)];
    Windows::new(&genes, Grid::new(20, 10, orientation).unwrap())
}

fn rows(statistic: Statistic, blacklist: &Blacklist, fill: impl Fn(&mut Bins)) -> Vec<Vec<f32>> {
    let windows = windows(Orientation::Gene);
    let mut bins = Bins::new(&windows, 0..2, statistic, blacklist);
    fill(&mut bins);
    let mut rows = vec![Vec::new(); 2];
    bins.finish(|gene, bins, _| rows[gene] = bins.to_vec());
    rows
}

#[test]
fn a_read_counts_in_every_bin_it_touches() {
    let rows = rows(Statistic::Count, &Blacklist::default(), |bins| {
        bins.add_read(0, 89, 101); // bins 0-2 of the first; [91, 101) of the second
        bins.add_read(0, 70, 80); // ends where the first window begins
        bins.add_read(0, 130, 140); // the last base of the second window
    });
    assert_eq!(rows[0], [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(rows[1], [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn means_differ_in_what_they_divide_by() {
    let fill = |bins: &mut Bins| bins.add_value(0, 75, 85, 2.0);
    assert_eq!(rows(Statistic::Mean, &Blacklist::default(), fill)[0], [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(rows(Statistic::Sum, &Blacklist::default(), fill)[0], [10.0, 0.0, 0.0, 0.0]);
    let covered = rows(Statistic::CoverageMean, &Blacklist::default(), fill);
    assert_eq!(covered[0][0], 2.0);
    assert!(covered[0][1..].iter().all(|value| value.is_nan()));
    assert_eq!(rows(Statistic::Max, &Blacklist::default(), |bins| bins.add_value(0, 80, 81, -3.0))[0][0], -3.0);
}

#[test]
fn depth_of_reads() {
    let fill = |bins: &mut Bins| {
        bins.add_read(0, 80, 90);
        bins.add_read(0, 85, 95);
    };
    assert_eq!(rows(Statistic::Mean, &Blacklist::default(), fill)[0], [1.5, 0.5, 0.0, 0.0]);
    assert_eq!(rows(Statistic::Max, &Blacklist::default(), fill)[0], [2.0, 1.0, 0.0, 0.0]);
    assert_eq!(rows(Statistic::CoverageMean, &Blacklist::default(), fill)[0][..2], [1.5, 1.0]);
}

#[test]
fn blacklisted_reads_are_dropped_and_bases_have_no_data() {
    let blacklist = Blacklist::new([(0, 84..90)]);
    let reads = rows(Statistic::Count, &blacklist, |bins| {
        bins.add_read(0, 80, 85);
        bins.add_read(0, 80, 84);
    });
    assert_eq!(reads[0], [1.0, 0.0, 0.0, 0.0]);
    let values = rows(Statistic::CoverageMean, &blacklist, |bins| bins.add_value(0, 80, 100, 3.0));
    assert_eq!(values[0][..2], [3.0, 3.0]);
    assert_eq!(rows(Statistic::Sum, &blacklist, |bins| bins.add_value(0, 80, 100, 3.0))[0][..2], [12.0, 30.0]);
}

#[test]
fn order_of_intervals_does_not_matter() {
    let intervals = [(120, 125), (60, 200), (85, 92), (95, 96), (80, 81)];
    let forward = rows(Statistic::Count, &Blacklist::default(), |bins| {
        intervals.iter().for_each(|&(start, end)| bins.add_read(0, start, end));
    });
    let backward = rows(Statistic::Count, &Blacklist::default(), |bins| {
        intervals.iter().rev().for_each(|&(start, end)| bins.add_read(0, start, end));
    });
    assert_eq!(forward, backward);
}

#[test]
fn depth_of_passed_windows_is_given_up_unless_kept() {
    let gene = |position| Gene {
        id: format!("{position}"),
        symbol: None,
        tss: Tss { chrom: "chr1".into(), position, strand: Strand::Forward },
        end: None,
    };
    let windows = Windows::new(&[gene(100), gene(3_000_000)], Grid::new(20, 10, Orientation::Gene).unwrap());
    let max = |starts: &[i64], keep: bool| {
        let blacklist = Blacklist::default();
        let bins = Bins::new(&windows, 0..2, Statistic::Max, &blacklist);
        let mut bins = if keep { bins.keep_depth() } else { bins };
        starts.iter().for_each(|&start| bins.add_read(0, start, start + 5));
        let wild = bins.is_out_of_order();
        let mut firsts = [0.0; 2];
        bins.finish(|gene, bins, _| firsts[gene] = bins[0]);
        (firsts, wild)
    };
    assert_eq!(max(&[80, 80, 2_999_980], false), ([2.0, 1.0], false));
    // a read may lie before the last one, as extended reads do
    assert_eq!(max(&[80, 1_000_000, 80, 2_999_980], false), ([2.0, 1.0], false));
    assert!(max(&[80, 2_999_980, 80], false).1);
    assert_eq!(max(&[80, 2_999_980, 80], true), ([2.0, 1.0], false));
}
