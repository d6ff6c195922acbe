//! Parity with scikit-learn 1.x and SciPy on generated data, and small cases done by hand.

use super::*;
use crate::matrix::Split;

/// Uniform numbers from Knuth's MMIX generator, so that Python can make the very same ones.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut x = seed;
    (0..n)
        .map(|_| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 33) as f64 / 2f64.powi(31)
        })
        .collect()
}

// s, v = uniform(2 n)[:n], uniform(2 n)[n:]; y = 0.7 v + 0.3 s > 0.55; then s = floor(s × levels) / levels
// roc_auc_score(y, s), average_precision_score(y, s), brier_score_loss(y, s)
// t = 0.7 v + 0.3 s; scipy.stats.pearsonr(t, s)[0], spearmanr(t, s)[0], ((t - s)**2).mean()
const GOLDEN: [(usize, u64, f64, [f64; 6]); 4] = [
    (
        1000,
        1,
        0.0,
        [
            0.6448030483138201,
            0.5592950607474836,
            0.26337651956516367,
            0.3668610426876332,
            0.3521595521595522,
            0.08491363093680435,
        ],
    ),
    (
        1000,
        2,
        20.0,
        [
            0.641910960925388,
            0.5182525276118178,
            0.2592025,
            0.3680879931563775,
            0.34752534729775836,
            0.08113897152657797,
        ],
    ),
    (
        37,
        3,
        4.0,
        [
            0.7616959064327485,
            0.7026681286549707,
            0.21114864864864866,
            0.6409859560247368,
            0.6580267321757924,
            0.05738673064983385,
        ],
    ),
    (
        5000,
        4,
        100.0,
        [
            0.6285587891427308,
            0.5293106898691111,
            0.2698853,
            0.36754834418722093,
            0.3427408612930919,
            0.08485742689086745,
        ],
    ),
];

#[test]
fn metrics_equal_scikit_learn_and_scipy() {
    for (n, seed, levels, expected) in GOLDEN {
        let all = uniform(2 * n, seed);
        let (scores, noise) = all.split_at(n);
        let labels: Vec<bool> = scores.iter().zip(noise).map(|(s, v)| v * 0.7 + s * 0.3 > 0.55).collect();
        let scores: Vec<f64> =
            scores.iter().map(|s| if levels > 0.0 { (s * levels).floor() / levels } else { *s }).collect();
        let targets: Vec<f64> = scores.iter().zip(noise).map(|(s, v)| v * 0.7 + s * 0.3).collect();
        let found = [
            auroc(&labels, &scores),
            auprc(&labels, &scores),
            brier_score(&labels, &scores, |_| 1),
            pearson(&targets, &scores, |_| 1),
            spearman(&targets, &scores),
            mean_squared_error(&targets, &scores, |_| 1),
        ];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found.unwrap() - expected).abs() < 1e-12, "n {n}, seed {seed}: {found:?}, expected {expected}");
        }
    }
}

#[test]
fn a_count_of_two_is_a_gene_written_twice() {
    let all = uniform(400, 9);
    let scores: Vec<f64> = all[..200].iter().map(|s| (s * 30.0).floor() / 30.0).collect();
    let labels: Vec<bool> = all[200..].iter().zip(&scores).map(|(v, s)| v + s > 1.0).collect();
    let counts: Vec<u32> = (0..200).map(|gene| gene % 3).collect();
    let repeated: Vec<usize> = (0..200).flat_map(|gene| std::iter::repeat_n(gene, counts[gene] as usize)).collect();
    let (labels_2, scores_2): (Vec<bool>, Vec<f64>) = repeated.iter().map(|&g| (labels[g], scores[g])).unzip();
    let numbers = |labels: &[bool]| labels.iter().map(|&l| f64::from(u8::from(l))).collect::<Vec<_>>();
    let count = |gene: usize| counts[gene];
    let ranking = Ranking::new(&labels, &scores);
    let spearman_counted = super::regression::spearman_of(
        &super::regression::Ranks::new(&numbers(&labels)),
        &super::regression::Ranks::new(&scores),
        count,
    );
    for (counted, written) in [
        (ranking.auroc(count), auroc(&labels_2, &scores_2)),
        (ranking.average_precision(count), auprc(&labels_2, &scores_2)),
        (accuracy(&labels, &scores, 0.5, count), accuracy(&labels_2, &scores_2, 0.5, |_| 1)),
        (brier_score(&labels, &scores, count), brier_score(&labels_2, &scores_2, |_| 1)),
        (expected_calibration_error(&labels, &scores, count), expected_calibration_error(&labels_2, &scores_2, |_| 1)),
        (pearson(&numbers(&labels), &scores, count), pearson(&numbers(&labels_2), &scores_2, |_| 1)),
        (spearman_counted, spearman(&numbers(&labels_2), &scores_2)),
    ] {
        assert!((counted.unwrap() - written.unwrap()).abs() < 1e-12, "{counted:?} {written:?}");
    }
}

#[test]
fn what_is_not_defined_is_none() {
    assert_eq!(auroc(&[true, true], &[0.1, 0.2]), None);
    assert_eq!(auroc(&[], &[]), None);
    assert_eq!(auprc(&[false, false], &[0.1, 0.2]), None);
    assert_eq!(auprc(&[true, true], &[0.1, 0.2]), Some(1.0));
    assert_eq!(best_threshold(&[], &[]), None);
    assert_eq!(brier_score(&[], &[], |_| 1), None);
    assert_eq!(pearson(&[1.0, 1.0], &[0.0, 1.0], |_| 1), None);
}

#[test]
fn the_threshold_is_the_largest_of_the_most_accurate() {
    // right calls of 6 at .9, .8, .6, .3, .2, .1: 4, 5, 4, 5, 4, 3
    let labels = [true, true, false, true, false, false];
    let threshold = best_threshold(&labels, &[0.9, 0.8, 0.6, 0.3, 0.2, 0.1]).unwrap();
    assert_eq!(threshold, Threshold { value: 0.8, valid_accuracy: 5.0 / 6.0 });
    // genes of equal score are called together: 0.5 is right for three of four
    let tied = best_threshold(&[true, true, false, true], &[0.5, 0.5, 0.5, 0.9]).unwrap();
    assert_eq!(tied, Threshold { value: 0.5, valid_accuracy: 0.75 });
    // nobody should be called expressed
    let none = best_threshold(&[false, false], &[0.7, 0.4]).unwrap();
    assert!(none.value > 0.7 && none.valid_accuracy == 1.0, "{none:?}");
}

#[test]
fn the_calibration_error_is_the_mean_gap_of_the_bins() {
    // bin 0: scores .05, .09, no positive, gap .07; bin 9: scores .95, 1, one positive, gap .475
    let (labels, scores) = ([false, false, true, false], [0.05, 0.09, 0.95, 1.0]);
    let error = expected_calibration_error(&labels, &scores, |_| 1).unwrap();
    assert!((error - (0.07 + 0.475) / 2.0).abs() < 1e-12, "{error}");
    let table = reliability(&labels, &scores);
    assert_eq!(table.iter().map(|bin| bin.genes).collect::<Vec<_>>(), [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!((table[9].low, table[9].high, table[9].positive_rate), (0.9, 1.0, Some(0.5)));
    assert_eq!((table[4].mean_score, table[4].positive_rate), (None, None));
}

#[test]
fn a_split_with_one_class_says_so_instead_of_a_number() {
    let mut rows = Rows::default();
    for (gene, split, label, score) in
        [("a", Split::Valid, 0.0, 0.25), ("b", Split::Valid, 1.0, 0.75), ("c", Split::Test, 1.0, 0.875)]
    {
        rows.push(gene, split, label, score);
    }
    let bootstrap = Bootstrap { replicates: 20, confidence: 0.95, seed: 1 };
    let report = judge("s", GeneCounts::default(), &[rows], true, (&bootstrap, &Loci::default()));
    assert_eq!(report.threshold.map(|threshold| threshold.value), Some(0.75));
    let TaskMetrics::Classification { auroc, accuracy, .. } = &report.splits[&Split::Test].metrics else {
        panic!("{report:?}")
    };
    assert_eq!((auroc.value, auroc.low), (None, None));
    assert!(auroc.reason.as_ref().is_some_and(|reason| reason.contains("same label")));
    assert_eq!((accuracy.value, accuracy.low, accuracy.high), (Some(1.0), Some(1.0), Some(1.0)));
    assert!(!report.splits.contains_key(&Split::Train));
    // whoever reads metrics.json gets the same back
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<SampleReport>(&text).unwrap(), report);
}
