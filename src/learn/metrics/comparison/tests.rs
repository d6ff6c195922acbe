use super::super::auroc;
use super::*;

const BOOTSTRAP: Bootstrap = Bootstrap { replicates: 2000, confidence: 0.95, seed: 1 };

/// Numbers in [0, 1) that look random.
fn noise(stream: u64, genes: usize) -> Vec<f64> {
    let mut state = stream.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..genes).map(next).collect()
}

fn fold(units: std::ops::Range<usize>) -> FoldGenes {
    let labels: Vec<f64> = units.clone().map(|unit| f64::from(u8::from(unit % 5 < 2))).collect();
    let genes = units.clone().map(|unit| unit.to_string()).collect();
    FoldGenes { expression: vec![None; labels.len()], genes, labels, units: units.collect() }
}

/// Scores that hold the label with some weight, in (0, 1).
fn scores(fold: &FoldGenes, weight: f64, stream: u64) -> Vec<f64> {
    let noise = noise(stream, fold.labels.len());
    fold.labels.iter().zip(noise).map(|(label, noise)| (weight * label + noise) / (weight + 1.0)).collect()
}

fn model(name: &str, folds: &[FoldGenes], weight: f64, seeds: std::ops::Range<u64>) -> Candidate {
    let runs = folds.iter().enumerate().flat_map(|(at, fold)| {
        let run = move |seed| CandidateRun { fold: at, seed, scores: scores(fold, weight, 10 * seed + at as u64) };
        seeds.clone().map(run)
    });
    Candidate { name: name.to_owned(), runs: runs.collect() }
}

#[test]
fn a_figure_is_the_mean_over_folds_and_seeds() {
    let folds = [fold(0..60), fold(60..150)];
    let models = [model("a", &folds, 0.5, 1..4)];
    let figures = &compare(&folds, &models, 0, true, &BOOTSTRAP)[0];
    let of = |run: &CandidateRun| {
        let labels: Vec<bool> = folds[run.fold].labels.iter().map(|&label| label == 1.0).collect();
        auroc(&labels, &run.scores).unwrap()
    };
    let expected = models[0].runs.iter().map(of).sum::<f64>() / 6.0;
    assert!((figures[0].estimate.value.unwrap() - expected).abs() < 1e-12);
    assert!(
        figures[0].estimate.low < figures[0].estimate.value && figures[0].estimate.value < figures[0].estimate.high
    );
    assert!(figures[0].seed_sd.unwrap() > 0.0);
    assert_eq!(figures[0].difference, None);
    assert_eq!(figures[0].estimate.value, super::figures(&folds, &models[0], true)[0]);
}

#[test]
fn a_better_model_stands_out_and_the_same_one_does_not() {
    let folds = [fold(0..400)];
    let models = [model("ok", &folds, 0.4, 1..2), model("same", &folds, 0.4, 1..2), model("good", &folds, 1.2, 1..2)];
    let all = compare(&folds, &models, 0, true, &BOOTSTRAP);
    let same = all[1][0].difference.as_ref().unwrap();
    assert_eq!((same.value, same.low, same.high, same.p, same.p_holm), (0.0, 0.0, 0.0, 1.0, 1.0));
    let good = all[2][0].difference.as_ref().unwrap();
    assert!(good.low > 0.0 && good.p < 0.01, "{good:?}");
    assert_eq!(good.p_holm, 2.0 * good.p);
    // a smaller Brier score
    assert!(all[2][2].difference.as_ref().unwrap().high < 0.0);
}

/// The variance of a difference of AUROCs by DeLong, DeLong & Clarke-Pearson (Biometrics 1988).
fn delong_sd(labels: &[f64], a: &[f64], b: &[f64]) -> f64 {
    let of = |label: f64| (0..labels.len()).filter(move |&gene| labels[gene] == label);
    let above =
        |scores: &[f64], positive: usize, negative: usize| f64::from(u8::from(scores[positive] > scores[negative]));
    let (positives, negatives) = (of(1.0).count() as f64, of(0.0).count() as f64);
    let gain = |positive, negative| above(a, positive, negative) - above(b, positive, negative);
    let of_positives: Vec<f64> = of(1.0).map(|p| of(0.0).map(|n| gain(p, n)).sum::<f64>() / negatives).collect();
    let of_negatives: Vec<f64> = of(0.0).map(|n| of(1.0).map(|p| gain(p, n)).sum::<f64>() / positives).collect();
    let variance = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
    };
    (variance(&of_positives) / positives + variance(&of_negatives) / negatives).sqrt()
}

#[test]
fn the_interval_of_a_difference_is_that_of_delong() {
    let folds = [fold(0..500)];
    let models = [model("a", &folds, 0.5, 1..2), model("b", &folds, 0.6, 2..3)];
    let difference = compare(&folds, &models, 0, true, &BOOTSTRAP)[1][0].difference.clone().unwrap();
    let half = 1.96 * delong_sd(&folds[0].labels, &models[1].runs[0].scores, &models[0].runs[0].scores);
    assert!((difference.low - (difference.value - half)).abs() < 0.1 * half, "{difference:?}, {half}");
    assert!((difference.high - (difference.value + half)).abs() < 0.1 * half, "{difference:?}, {half}");
}

/// 300 genes without any difference but noise: P values below .05 in about one of twenty.
#[test]
fn p_values_of_equal_models_are_spread_evenly() {
    let folds = [fold(0..300)];
    let bootstrap = Bootstrap { replicates: 400, ..BOOTSTRAP };
    let mut below = [0; 2];
    for stream in 0..100 {
        let run = |stream| CandidateRun { fold: 0, seed: 1, scores: scores(&folds[0], 0.5, stream) };
        let models = [2 * stream + 1000, 2 * stream + 1001]
            .map(|stream| Candidate { name: stream.to_string(), runs: vec![run(stream)] });
        let p = compare(&folds, &models, 0, true, &bootstrap)[1][0].difference.as_ref().unwrap().p;
        below[0] += usize::from(p < 0.05);
        below[1] += usize::from(p < 0.5);
    }
    // binomial(100, .05) is at most 12 with 99.85 %, binomial(100, .5) within 34 to 66 with 99.9 %
    assert!(below[0] <= 12 && (34..=66).contains(&below[1]), "{below:?}");
}

#[test]
fn numbers_are_compared_by_correlation_and_error() {
    let mut fold = fold(0..100);
    fold.labels = noise(7, 100);
    let near: Vec<f64> = fold.labels.iter().zip(noise(8, 100)).map(|(label, noise)| label + 0.2 * noise).collect();
    let far: Vec<f64> = fold.labels.iter().zip(noise(9, 100)).map(|(label, noise)| label + 2.0 * noise).collect();
    let candidate = |name: &str, scores: &Vec<f64>| Candidate {
        name: name.to_owned(),
        runs: vec![CandidateRun { fold: 0, seed: 1, scores: scores.clone() }],
    };
    let folds = [fold];
    let all = compare(&folds, &[candidate("far", &far), candidate("near", &near)], 0, false, &BOOTSTRAP);
    let differences = [0, 1, 2].map(|metric| all[1][metric].difference.as_ref().unwrap());
    // no other sample is known
    assert!(all[1][3..].iter().all(|figure| figure.estimate.value.is_none() && figure.difference.is_none()));
    assert!(differences[0].low > 0.0 && differences[1].low > 0.0 && differences[2].high < 0.0, "{differences:?}");
    assert_eq!(all[0][0].estimate.value, pearson(&folds[0].labels, &far, |_| 1));
    assert_eq!(all[0][0].seed_sd, None);
}

#[test]
fn scores_that_are_no_probabilities_have_no_brier_score() {
    let folds = [fold(0..50)];
    let mut models = [model("a", &folds, 0.5, 1..2), model("b", &folds, 0.5, 2..3)];
    models[1].runs[0].scores[3] = 1.5;
    let all = compare(&folds, &models, 0, true, &BOOTSTRAP);
    assert!(
        all[1][2].estimate.value.is_none() && all[1][2].estimate.reason.is_some() && all[1][2].difference.is_none()
    );
    assert!(all[1][0].estimate.value.is_some() && all[0][2].estimate.value.is_some());
}
