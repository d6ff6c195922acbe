use super::*;
use crate::genome::{Chroms, Grid, Orientation};
use crate::matrix::{Attention, Region, Statistic, Status};

/// One gene, two marks, four bins.
fn matrix(values: [[f32; 4]; 2], null: [[f32; 4]; 2]) -> Matrix {
    Matrix {
        kind: Kind::Attention,
        attribution: None,
        sample: "toy".into(),
        assembly: None,
        grid: Grid::new(200, 100, Orientation::Gene).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: vec!["a".into(), "b".into()],
        inputs: Vec::new(),
        chroms: Chroms::default(),
        regions: vec![Region::unplaced("g".into())],
        status: vec![Status::Ok],
        layers: vec![Layer {
            name: LayerName::Window,
            values: values.concat(),
            attention: Some(Attention {
                mark_values: Some(vec![0.25, 0.75]),
                null_values: null.concat(),
                spread: None,
            }),
        }],
    }
}

fn softmax(scores: [f64; 4]) -> [f32; 4] {
    let sum: f64 = scores.iter().map(|score| score.exp()).sum();
    scores.map(|score| (score.exp() / sum) as f32)
}

fn row(values: &TrackValues, mark: usize) -> Vec<f32> {
    (0..4).map(|bin| values.value(0, mark, bin)).collect()
}

fn assert_near(found: &[f32], expected: &[f32]) {
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?}");
}

#[test]
fn the_correction_is_the_softmax_of_what_the_signal_adds() {
    let null = [2.0, 0.5, 0.0, 1.5];
    let added = [0.0, 0.3, 1.0, -0.4];
    let seen = std::array::from_fn(|bin| null[bin] + added[bin]);
    let matrix = matrix([softmax(seen), softmax(null)], [softmax(null), softmax(null)]);
    let corrected = TrackValues::new(&matrix, TrackValue::Corrected).unwrap();
    assert_near(&row(&corrected, 0), &softmax(added));
    assert_near(&row(&corrected, 1), &[0.25; 4]);
    let joint = TrackValues::new(&matrix, TrackValue::JointCorrected).unwrap();
    assert_near(&row(&joint, 0), &softmax(added).map(|value| value * 0.25));
    assert_eq!((corrected.even_share(0), joint.even_share(0)), (0.25, 0.125));
    assert_eq!((corrected.score(0, 0.25), corrected.score(0, 0.5), corrected.score(0, 9.0)), (100, 200, 1000));
}

#[test]
fn a_mark_that_is_nearly_even_still_shows_where_it_is_highest() {
    let outstanding = |row: [f32; 4]| {
        let matrix = matrix([row, [0.25; 4]], [[0.25; 4]; 2]);
        TrackValues::new(&matrix, TrackValue::Raw).unwrap().outstanding(0)
    };
    assert_eq!(outstanding([0.1, 0.1, 0.2, 0.6]), 0.5); // twice the even share of 0.25
    assert_eq!(outstanding([0.24, 0.24, 0.25, 0.27]), 0.27);
    assert!(outstanding([0.25; 4]) > 0.25); // nothing is higher than the rest
}

#[test]
fn negligible_attention_cannot_become_a_peak() {
    let seen = [1e-6, 0.4, 0.3, 0.299_999];
    let matrix = matrix([seen, seen], [[1e-9, 0.4, 0.3, 0.3], [0.0, 0.4, 0.3, 0.3]]);
    let values = TrackValues::new(&matrix, TrackValue::Corrected).unwrap();
    for mark in 0..2 {
        assert!(row(&values, mark)[0] < 0.01, "{:?}", row(&values, mark));
    }
}

#[test]
fn a_null_that_is_none_only_stands_in_the_way_of_the_correction() {
    let matrix = matrix([[0.25; 4]; 2], [[0.25; 4], [0.5, f32::NAN, 0.5, 0.0]]);
    let error = TrackValues::new(&matrix, TrackValue::Corrected).err().unwrap().to_string();
    assert!(error.contains("NaN at mark b, bin 1"), "{error}");
    let raw = TrackValues::new(&matrix, TrackValue::Raw).unwrap();
    assert_eq!(raw.value(0, 1, 1), 0.25);
    assert!(raw.corrected(0, 0, 0).is_nan());
}
