//! Methods by changed windows, which ask nothing of a model but its scores: occlusion, doubling,
//! temporal output values.

use candle_core::Result;
use rayon::prelude::*;

use crate::matrix::LayerName;

use super::predictor::Scorer;

/// Changed windows that are scored together.
const TOGETHER: usize = 2048;

/// How the input of a layer is changed.
pub(super) type Change<'a> = &'a (dyn Fn(LayerName, f32) -> f32 + Sync);

/// The differences of score (`sign` × (changed − unchanged)) when each cell alone is changed. One that is missing has
/// none.
pub(super) fn by_bin(predictor: &(impl Scorer + ?Sized), x: &[f32], change: Change<'_>, sign: f32) -> Result<Vec<f32>> {
    let shape = predictor.shape();
    let size = shape.size();
    let layers: Vec<LayerName> = shape.parts().iter().flat_map(|part| vec![part.layer; part.range.len()]).collect();
    let change = |at: usize| change(layers[at % size], x[at]);
    let whole = predictor.scores(x)?;
    // a cell that stays as it is needs no score
    let changes: Vec<usize> = (0..x.len()).filter(|&at| !x[at].is_nan() && change(at) != x[at]).collect();
    let mut values: Vec<f32> = x.iter().map(|value| if value.is_nan() { f32::NAN } else { 0.0 }).collect();
    for places in changes.chunks(TOGETHER) {
        let windows: Vec<f32> = places
            .par_iter()
            .flat_map_iter(|&place| {
                let window = place / size;
                let mut cells = x[window * size..][..size].to_vec();
                cells[place % size] = change(place);
                cells
            })
            .collect();
        for (&place, score) in places.iter().zip(predictor.scores(&windows)?) {
            values[place] = sign * (score - whole[place / size]);
        }
    }
    Ok(values)
}

/// The differences of score when each channel of each layer is changed whole, an even share in each of its positions.
pub(super) fn by_mark(
    predictor: &(impl Scorer + ?Sized),
    x: &[f32],
    change: Change<'_>,
    sign: f32,
) -> Result<Vec<f32>> {
    let shape = predictor.shape();
    let whole = predictor.scores(x)?;
    let mut values = x.to_vec();
    for (layer, channel) in shape.parts().iter().flat_map(|part| part.channels().map(move |at| (part.layer, at))) {
        let mut changed = x.to_vec();
        for row in changed.chunks_exact_mut(shape.size()) {
            known(&mut row[channel.clone()]).for_each(|value| *value = change(layer, *value));
        }
        let scores = predictor.scores(&changed)?;
        for ((row, score), whole) in values.chunks_exact_mut(shape.size()).zip(scores).zip(&whole) {
            let share = sign * (score - whole) / channel.len() as f32;
            known(&mut row[channel.clone()]).for_each(|value| *value = share);
        }
    }
    Ok(values)
}

/// What is not missing.
fn known(values: &mut [f32]) -> impl Iterator<Item = &mut f32> {
    values.iter_mut().filter(|value| !value.is_nan())
}

/// The score of the row whose layer ends (`backward`: begins) with each position, the same for every channel; the rest
/// of the layer is empty, other layers are whole.
pub(super) fn temporal(predictor: &(impl Scorer + ?Sized), x: &[f32], backward: bool) -> Result<Vec<f32>> {
    let shape = predictor.shape();
    let mut values = x.to_vec();
    for (layer, position) in shape.parts().iter().flat_map(|part| (0..part.positions).map(move |at| (part, at))) {
        let mut cut = x.to_vec();
        for row in cut.chunks_exact_mut(shape.size()) {
            for range in layer.channels() {
                let channel = &mut row[range];
                let empty = if backward { &mut channel[..position] } else { &mut channel[position + 1..] };
                known(empty).for_each(|value| *value = 0.0);
            }
        }
        for (row, score) in values.chunks_exact_mut(shape.size()).zip(predictor.scores(&cut)?) {
            for channel in layer.channels() {
                known(&mut row[channel.start + position..][..1]).for_each(|value| *value = score);
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::RowShape;

    /// score = Σ weight × input + a product of two cells.
    struct TwoCells;

    impl Scorer for TwoCells {
        fn shape(&self) -> RowShape {
            RowShape::window(2, 3)
        }

        fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
            Ok(x.chunks_exact(6).map(|x| x[0] + 2.0 * x[1] + 3.0 * x[4] + x[2] * x[5]).collect())
        }
    }

    const X: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    #[test]
    fn each_cell_loses_what_it_is_worth() {
        let x = [X, X].concat();
        let occlusion = by_bin(&TwoCells, &x, &|_, _| 0.0, -1.0).unwrap();
        assert_eq!(occlusion[..6], [1.0, 4.0, 18.0, 0.0, 15.0, 18.0]);
        assert_eq!(occlusion[..6], occlusion[6..]);
        assert_eq!(by_bin(&TwoCells, &X, &|_, x| 2.0 * x, 1.0).unwrap()[..3], [1.0, 4.0, 18.0]);
        assert_eq!(
            by_mark(&TwoCells, &X, &|_, _| 0.0, -1.0).unwrap(),
            [23.0 / 3.0; 3].into_iter().chain([11.0; 3]).collect::<Vec<f32>>()
        );
    }

    /// Two layers: score = window + 10 × body, of which one that is missing counts 5.
    struct Layers;

    impl Scorer for Layers {
        fn shape(&self) -> RowShape {
            RowShape::of([(LayerName::Window, 1, 2), (LayerName::Body, 1, 3)])
        }

        fn scores(&self, x: &[f32]) -> Result<Vec<f32>> {
            let body = |x: &f32| if x.is_nan() { 5.0 } else { 10.0 * x };
            Ok(x.chunks_exact(5).map(|x| x[0] + x[1] + x[2..].iter().map(body).sum::<f32>()).collect())
        }
    }

    #[test]
    fn every_layer_is_explained_and_what_is_missing_stays_so() {
        let x = [1.0, 2.0, 1.0, 2.0, 3.0, 1.0, 2.0, f32::NAN, f32::NAN, f32::NAN];
        let same = |found: &[f32], expected: [f32; 5]| {
            assert!(found.iter().zip(expected).all(|(a, b)| *a == b || a.is_nan() && b.is_nan()), "{found:?}");
        };
        let occlusion = by_bin(&Layers, &x, &|_, _| 0.0, -1.0).unwrap();
        same(&occlusion[..5], [1.0, 2.0, 10.0, 20.0, 30.0]);
        same(&occlusion[5..], [1.0, 2.0, f32::NAN, f32::NAN, f32::NAN]);
        let of_body = |layer, x| if layer == LayerName::Body { 2.0 * x } else { x };
        same(&by_bin(&Layers, &x, &of_body, 1.0).unwrap()[..5], [0.0, 0.0, 10.0, 20.0, 30.0]);
        let by_mark = by_mark(&Layers, &x, &|_, _| 0.0, -1.0).unwrap();
        same(&by_mark[..5], [1.5, 1.5, 20.0, 20.0, 20.0]);
        same(&by_mark[5..], [1.5, 1.5, f32::NAN, f32::NAN, f32::NAN]);
        let forward = temporal(&Layers, &x, false).unwrap();
        same(&forward[..5], [61.0, 63.0, 13.0, 33.0, 63.0]);
        same(&forward[5..], [16.0, 18.0, f32::NAN, f32::NAN, f32::NAN]);
    }

    #[test]
    fn temporal_values_end_and_begin_with_the_whole_window() {
        assert_eq!(temporal(&TwoCells, &X, false).unwrap(), [1.0, 20.0, 38.0, 1.0, 20.0, 38.0]);
        assert_eq!(temporal(&TwoCells, &X, true).unwrap(), [38.0, 37.0, 18.0, 38.0, 37.0, 18.0]);
    }
}
