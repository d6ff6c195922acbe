//! Places of nodes in a picture.

use super::square::Square;

/// A place in the unit square for each node of a graph, such that nodes are as far apart as the paths between them are
/// long: stress majorisation (Gansner, Koren and North, GD 2004) from a circle in the order of the nodes. Same graph, same
/// places.
pub fn layout(strength: &Square) -> Vec<(f64, f64)> {
    const ROUNDS: usize = 300;
    let n = strength.n();
    let distances = distances(strength);
    let mut places: Vec<(f64, f64)> = (0..n)
        .map(|at| {
            let angle = std::f64::consts::TAU * at as f64 / n.max(1) as f64;
            (angle.sin(), -angle.cos())
        })
        .collect();
    for _ in 0..ROUNDS {
        for node in 0..n {
            let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
            for other in (0..n).filter(|&other| other != node) {
                let wanted = distances.at(node, other);
                let weight = wanted.powi(-2);
                let (dx, dy) = (places[node].0 - places[other].0, places[node].1 - places[other].1);
                let length = dx.hypot(dy).max(1e-9);
                x += weight * (places[other].0 + wanted * dx / length);
                y += weight * (places[other].1 + wanted * dy / length);
                sum += weight;
            }
            if sum > 0.0 {
                places[node] = (x / sum, y / sum);
            }
        }
    }
    in_unit_square(&places)
}

/// Steps between each two nodes: 1 along an edge, less along a strong one; nodes that no path joins are apart by a little
/// more than the longest path.
fn distances(strength: &Square) -> Square {
    let n = strength.n();
    let largest = strength.largest_off_diagonal().max(f64::MIN_POSITIVE);
    let mut distances = strength.map(|row, column, value| match value.abs() / largest {
        _ if row == column => 0.0,
        0.0 => f64::INFINITY,
        share => 1.5 - 0.5 * share,
    });
    for by in 0..n {
        for row in 0..n {
            for column in 0..n {
                let around = distances.at(row, by) + distances.at(by, column);
                if around < distances.at(row, column) {
                    distances.set(row, column, around);
                }
            }
        }
    }
    let longest = distances.values().iter().copied().filter(|value| value.is_finite()).fold(1.0, f64::max);
    distances.map(|_, _, value| if value.is_finite() { value } else { longest + 0.5 })
}

fn in_unit_square(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = places
            .iter()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        (low, if high > low { high - low } else { 1.0 })
    };
    let ((left, width), (top, height)) = (range(|place| place.0), range(|place| place.1));
    places.iter().map(|(x, y)| ((x - left) / width, (y - top) / height)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_near_and_places_fill_the_square() {
        // a chain of six nodes
        let chain = Square::from_fn(6, |row, column| f64::from(u8::from(row.abs_diff(column) == 1)));
        let places = layout(&chain);
        let apart = |a: usize, b: usize| (places[a].0 - places[b].0).hypot(places[a].1 - places[b].1);
        assert!(apart(0, 1) < apart(0, 3) && apart(0, 3) < apart(0, 5), "{places:?}");
        let most = places.iter().map(|place| place.0).fold(0.0, f64::max);
        assert!((most - 1.0).abs() < 1e-12);
        assert_eq!(places, layout(&chain));
    }
}
