//! Closed forms beside what general solvers find: tests/golden/graphs.json, made by tests/golden/graphs.py.

use serde::Deserialize;

use super::closed::{fasjem_2, fasjem_infinity, jeek, kdiffnet};
use super::covariance::{Association, Observations};
use super::glasso::glasso;
use super::inverse::{BackwardMap, inverse, soft};
use super::path::{Constraints, Joint, Programme};
use super::square::Square;

#[derive(Deserialize)]
struct Optima {
    fasjem_2: Vec<Case>,
    fasjem_infinity: Vec<Case>,
    kdiffnet: Vec<Case>,
    glasso: Vec<Lasso>,
    ledoit_wolf: Vec<Shrunk>,
}

#[derive(Deserialize)]
struct Case {
    b: Vec<f64>,
    #[serde(default)]
    weights: Vec<f64>,
    epsilon: f64,
    lambda: f64,
    objective: f64,
}

#[derive(Deserialize)]
struct Lasso {
    covariance: Vec<Vec<f64>>,
    lambda: f64,
    precision: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Shrunk {
    columns: Vec<Vec<f64>>,
    shrinkage: f64,
}

fn golden() -> Optima {
    serde_json::from_str(include_str!("../../tests/golden/graphs.json")).unwrap()
}

/// A matrix that is held whole, row-major.
struct Dense {
    width: usize,
    entries: Vec<f64>,
}

impl Constraints for Dense {
    fn height(&self) -> usize {
        self.entries.len() / self.width
    }

    fn width(&self) -> usize {
        self.width
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.width + column]
    }

    fn sum_rows(&self, parts: &[(usize, f64)]) -> Vec<f64> {
        (0..self.width).map(|column| parts.iter().map(|&(row, part)| part * self.at(row, column)).sum()).collect()
    }

    fn sum_columns(&self, parts: &[(usize, f64)]) -> Vec<f64> {
        (0..self.height()).map(|row| parts.iter().map(|&(column, part)| part * self.at(row, column)).sum()).collect()
    }
}

/// The rows of all contexts, by definition: each context's own block, and the shared one divided by `scale`.
fn constraints(start: &[Square], scale: f64) -> Vec<f64> {
    let (contexts, n) = (start.len(), start[0].n());
    let entry = |row: usize, column: usize| match column / n {
        block if block == contexts => start[row / n].at(row % n, column % n) / scale,
        block if block == row / n => start[row / n].at(row % n, column % n),
        _ => 0.0,
    };
    let width = (contexts + 1) * n;
    (0..contexts * n * width).map(|at| entry(at / width, at % width)).collect()
}

/// The matrix of all contexts, which is never whole, is the one of the definition.
#[test]
fn the_joint_matrix_is_that_of_the_definition() {
    let mut noise = noise(3);
    let start: Vec<Square> = (0..3)
        .map(|_| {
            let values: Vec<f64> = (0..16).map(|_| noise()).collect();
            Square::symmetric(4, |row, column| values[row * 4 + column])
        })
        .collect();
    let (joint, dense) = (Joint::new(&start, 1.7), Dense { width: 16, entries: constraints(&start, 1.7) });
    assert_eq!((joint.height(), joint.width()), (dense.height(), dense.width()));
    let rows = [(0, 0.5), (5, -2.0), (11, 1.5)];
    let columns = [(1, 0.5), (6, -1.0), (13, 2.0)];
    let close = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(close(&joint.sum_rows(&rows), &dense.sum_rows(&rows)));
    assert!(close(&joint.sum_columns(&columns), &dense.sum_columns(&columns)));
    for row in 0..12 {
        let entries: Vec<f64> = (0..16).map(|column| joint.at(row, column)).collect();
        assert!(close(&entries, &dense.entries[row * 16..][..16]));
    }
}

fn square(rows: &[Vec<f64>]) -> Square {
    Square::from_fn(rows.len(), |row, column| rows[row][column])
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn apart(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one - other).collect()
}

/// Pseudorandom numbers from −1 to 1.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1 << 30) - 1.0
    }
}

fn sum(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

#[test]
fn fasjem_is_the_optimum_of_a_general_solver() {
    let golden = golden();
    assert!(golden.fasjem_2.len() >= 20 && golden.fasjem_infinity.len() >= 20);
    for Case { b, epsilon, lambda, objective, .. } in golden.fasjem_2 {
        let found = fasjem_2(&b, epsilon, lambda);
        let far = apart(&found, &b);
        assert!(largest(&far) <= lambda + 1e-9 && norm(&far) <= epsilon * lambda + 1e-9, "{b:?} {found:?}");
        let own = sum(&found) + epsilon * norm(&found);
        assert!((own - objective).abs() < 1e-6, "{b:?} {epsilon} {lambda}: {own} {objective}");
    }
    for Case { b, epsilon, lambda, objective, .. } in golden.fasjem_infinity {
        let found = fasjem_infinity(&b, epsilon, lambda);
        let far = apart(&found, &b);
        assert!(largest(&far) <= lambda + 1e-9 && sum(&far) <= epsilon * lambda + 1e-9, "{b:?} {found:?}");
        let own = sum(&found) + epsilon * largest(&found);
        assert!((own - objective).abs() < 1e-8, "{b:?} {epsilon} {lambda}: {own} {objective}");
    }
}

#[test]
fn kdiffnet_is_the_optimum_of_a_general_solver() {
    let golden = golden();
    assert!(golden.kdiffnet.len() >= 20);
    for Case { b, weights, epsilon, lambda, objective } in golden.kdiffnet {
        let found = kdiffnet(&b, &weights, epsilon, lambda);
        let far = apart(&found, &b);
        let is_near = far.iter().zip(&weights).all(|(far, weight)| far.abs() <= lambda * weight + 1e-9);
        assert!(is_near && norm(&far) <= epsilon * lambda + 1e-9, "{b:?} {found:?}");
        // the best parts of a total: its product with the point of both balls that is farthest along it
        let dual = |nu: f64| -> Vec<f64> {
            found.iter().zip(&weights).map(|(value, weight)| (value / nu).clamp(-weight, *weight)).collect()
        };
        let (mut low, mut high) = (1e-12, 1e6);
        for _ in 0..300 {
            let middle = f64::midpoint(low, high);
            if norm(&dual(middle)) > epsilon { low = middle } else { high = middle }
        }
        let own: f64 = found.iter().zip(dual(high)).map(|(value, dual)| value * dual).sum();
        assert!((own - objective).abs() < 1e-6, "{b:?} {weights:?} {epsilon} {lambda}: {own} {objective}");
    }
}

#[test]
fn jeek_is_soft_thresholding_for_two_contexts_and_borrows_from_three_on() {
    for (b, lambda) in [([0.5, -0.2], 0.3), ([1.0, 0.8], 0.3), ([-0.6, -0.1], 0.2)] {
        let (_, totals) = jeek(&b, &[1.0, 1.0], 1.0, lambda);
        assert_eq!(totals, b.map(|b| soft(b, lambda)));
    }
    // two contexts draw the third away from 0 at no cost of their own
    let (shared, totals) = jeek(&[1.0, 0.9, 0.25], &[1.0; 3], 1.0, 0.3);
    assert_eq!((shared, totals[2]), (0.55, 0.55));
}

#[test]
fn the_graphical_lasso_and_shrinkage_are_those_of_scikit_learn() {
    let golden = golden();
    for Lasso { covariance, lambda, precision } in golden.glasso {
        let found = glasso(&square(&covariance), lambda).unwrap();
        let far = apart(found.values(), square(&precision).values());
        assert!(largest(&far) < 1e-6, "{far:?}");
    }
    for Shrunk { columns, shrinkage } in golden.ledoit_wolf {
        let (_, found) = Observations { columns }.measured(Association::Pearson);
        assert!((found - shrinkage).abs() < 1e-6, "{found} {shrinkage}");
    }
}

#[test]
fn cholesky_and_inverse_are_right_across_panels() {
    let n = 150;
    let mut noise = noise(1);
    let factors: Vec<Vec<f64>> = (0..n).map(|_| (0..n + 20).map(|_| noise()).collect()).collect();
    let product = |a: usize, b: usize| factors[a].iter().zip(&factors[b]).map(|(a, b)| a * b).sum::<f64>();
    let matrix = Square::symmetric(n, product);
    let inverse = matrix.cholesky(0.0).unwrap().inverse();
    for row in 0..n {
        for column in 0..n {
            let product: f64 = (0..n).map(|at| matrix.at(row, at) * inverse.at(at, column)).sum();
            let expected = f64::from(u8::from(row == column));
            assert!((product - expected).abs() < 1e-9, "{row} {column}: {product}");
        }
    }
    assert!(matrix.map(|row, column, value| if row == column { 0.5 * value } else { value }).cholesky(0.0).is_none());
}

#[test]
fn the_backward_map_thresholds_at_the_papers_rate_or_as_much_as_it_must() {
    let whole = Square::from_fn(3, |row, column| if row == column { 4.0 } else { 1.2 });
    let (found, threshold) = inverse(&whole, 100, BackwardMap::Rate).unwrap();
    let rate = (3.0_f64.ln() / 100.0).sqrt();
    assert!((threshold - rate).abs() < 1e-12);
    // equal correlations r of three nodes: the inverse's entries are −r / ((1 − r)(1 + 2r)), over the variance
    let r = 0.3 - rate;
    assert!((found.at(0, 1) + r / ((1.0 - r) * (1.0 + 2.0 * r)) / 4.0).abs() < 1e-12);
    // alike but for the sign: a threshold that leaves the nodes variance of their own
    let singular = Square::from_fn(3, |row, column| if (row == 0) == (column == 0) { 1.0 } else { -1.0 });
    let (found, threshold) = inverse(&singular, 1_000_000, BackwardMap::Rate).unwrap();
    assert!(threshold > 0.005 && threshold < 0.05 && found.at(0, 1) > 0.0, "{threshold}");
}

/// A path may go on as far as it can; every λ on it is met, and each solution costs as little as one found anew.
#[test]
fn a_path_is_feasible_everywhere() {
    let mut noise = noise(5);
    let (rows, columns) = (12, 18);
    let matrix: Vec<f64> = (0..rows * columns).map(|_| noise()).collect();
    let weights: Vec<f64> = (0..columns).map(|_| 1.5 + noise()).collect();
    let target: Vec<f64> = (0..rows).map(|row| f64::from(u8::from(row % 6 == 0))).collect();
    let matrix = Dense { width: columns, entries: matrix };
    let mut programme = Programme::new(&matrix, &weights, &target);
    let cost = |x: &[f64]| x.iter().zip(&weights).map(|(x, weight)| x.abs() * weight).sum::<f64>();
    let mut last = 0.0;
    for lambda in [0.9, 0.5, 0.2, 0.05, 0.01] {
        assert_eq!(programme.descend(lambda), lambda);
        let x = programme.solution();
        for (row, target) in matrix.entries.chunks(columns).zip(&target) {
            let value = row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() - target;
            assert!(value.abs() <= lambda + 1e-9, "{lambda}: {value}");
        }
        let mut anew = Programme::new(&matrix, &weights, &target);
        anew.descend(lambda);
        assert!((cost(&x) - cost(&anew.solution())).abs() < 1e-9);
        assert!(cost(&x) > last);
        last = cost(&x);
    }
    // two equal rows with different targets cannot both be met
    let equal = Dense { width: 1, entries: vec![1.0, 1.0] };
    let mut programme = Programme::new(&equal, &[1.0], &[1.0, 0.0]);
    assert_eq!(programme.descend(0.1), 0.5);
}

/// Programmes that have several solutions cost what R's have: ../shared/golden/graphs/lp_objectives.tsv.
#[test]
fn programmes_cost_what_those_of_r_cost() {
    let data = std::env::var_os("ATTENTRACK_TEST_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let folder = data.join("../golden/graphs");
    let Ok(objectives) = std::fs::read_to_string(folder.join("lp_objectives.tsv")) else {
        // a plain eprintln! of a passing test is swallowed
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED programmes of R: no golden numbers\n");
        return;
    };
    for (run, data, how, epsilon, lambda) in [
        ("example.simule.lam0.1.eps0.45.cov", "example", Association::Covariance, 0.45, 0.1),
        ("cancer.simule.lam0.2.eps1.cov", "cancer", Association::Covariance, 1.0, 0.2),
        ("nip37.simule.lam0.13.eps0.5.kendall", "nip37", Association::Tau, 0.5, 0.13),
    ] {
        let start: Vec<Square> = ["1", "2"]
            .iter()
            .map(|context| {
                let text = std::fs::read_to_string(folder.join(format!("{data}.input{context}.tsv"))).unwrap();
                let rows: Vec<Vec<f64>> =
                    text.lines().map(|line| line.split('\t').map(|cell| cell.parse().unwrap()).collect()).collect();
                let columns = (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).collect()).collect();
                Observations { columns }.measured(how).0
            })
            .collect();
        let row = objectives.lines().find(|row| row.starts_with(run)).unwrap();
        let expected: Vec<f64> = row.split('\t').skip(1).map(|cell| cell.parse().unwrap()).collect();
        let n = start[0].n();
        assert_eq!(expected.len(), n);
        for (column, expected) in expected.iter().enumerate() {
            let matrix = constraints(&start, 2.0 * epsilon);
            let target: Vec<f64> = (0..2 * n).map(|row| f64::from(u8::from(row % n == column))).collect();
            let weights = vec![1.0; 3 * n];
            let joint = Joint::new(&start, 2.0 * epsilon);
            let mut programme = Programme::new(&joint, &weights, &target);
            assert_eq!(programme.descend(lambda), lambda);
            let x = programme.solution();
            for (row, target) in matrix.chunks(3 * n).zip(&target) {
                let value = row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() - target;
                assert!(value.abs() <= lambda + 1e-8, "{run} {column}: {value}");
            }
            let cost = sum(&x);
            assert!((cost - expected).abs() < 1e-6 * expected.max(1.0), "{run} {column}: {cost} {expected}");
        }
    }
}

/// The objectives of HiGHS (SciPy 1.15, dual simplex), summed over columns, of two contexts of p nodes with ε = 1.
#[test]
fn programmes_of_simulated_contexts_cost_what_those_of_highs_cost() {
    let data = std::env::var_os("ATTENTRACK_TEST_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let folder = data.join("../golden/more");
    if !folder.is_dir() {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED programmes of HiGHS: no golden numbers\n");
        return;
    }
    for (p, costs) in [
        (30, &[(0.2, 191.567_688_145), (0.1, 523.675_241_906), (0.05, 1_046.121_428_625)][..]),
        (100, &[(0.2, 762.073_929_995), (0.05, 5_549.640_149_195)]),
    ] {
        let start: Vec<Square> = [1, 2].map(|context| read(&folder.join(format!("sim.p{p}.cov{context}.tsv")))).into();
        let mut found = vec![0.0; costs.len()];
        for column in 0..p {
            let target: Vec<f64> = (0..2 * p).map(|row| f64::from(u8::from(row % p == column))).collect();
            let weights = vec![1.0; 3 * p];
            let joint = Joint::new(&start, 2.0);
            let mut programme = Programme::new(&joint, &weights, &target);
            for (sum, (lambda, _)) in found.iter_mut().zip(costs) {
                assert_eq!(programme.descend(*lambda), *lambda);
                *sum += programme.solution().iter().map(|x| x.abs()).sum::<f64>();
            }
        }
        for (found, (lambda, expected)) in found.iter().zip(costs) {
            assert!((found - expected).abs() < 1e-6 * expected, "p = {p}, λ = {lambda}: {found} {expected}");
        }
    }
}

fn read(path: &std::path::Path) -> Square {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().map(|line| line.split('\t').map(|cell| cell.parse().unwrap()).collect()).collect();
    Square::from_fn(rows.len(), |row, column| rows[row][column])
}
