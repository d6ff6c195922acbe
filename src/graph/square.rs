//! Square matrices, their Cholesky factor and inverse. Columns and rows are shared out to threads; a number is always
//! the same sum in the same order.

use rayon::prelude::*;

/// A square matrix of `f64`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Square {
    n: usize,
    values: Vec<f64>,
}

/// Columns that are eliminated together.
const PANEL: usize = 64;
/// Columns of an inverse that one task computes.
const TILE: usize = 64;

impl Square {
    /// Of this size, all zero.
    pub fn zeros(n: usize) -> Self {
        Square { n, values: vec![0.0; n * n] }
    }

    /// The entry of each row and column.
    pub fn from_fn(n: usize, entry: impl Fn(usize, usize) -> f64 + Sync) -> Self {
        let mut square = Square::zeros(n);
        square.rows_mut().enumerate().for_each(|(row, values)| {
            values.iter_mut().enumerate().for_each(|(column, value)| *value = entry(row, column));
        });
        square
    }

    /// A symmetric matrix; `entry` is asked for row ≥ column only.
    pub fn symmetric(n: usize, entry: impl Fn(usize, usize) -> f64 + Sync) -> Self {
        let mut square = Square::from_fn(n, |row, column| if row >= column { entry(row, column) } else { 0.0 });
        for row in 0..n {
            for column in row + 1..n {
                square.values[row * n + column] = square.values[column * n + row];
            }
        }
        square
    }

    /// Rows and columns.
    pub fn n(&self) -> usize {
        self.n
    }

    /// All entries, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// An entry.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.n + column]
    }

    /// A row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n..][..self.n]
    }

    /// Another value for an entry.
    pub fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.n + column] = value;
    }

    /// Each entry by its row and column, from the present one.
    pub fn map(&self, entry: impl Fn(usize, usize, f64) -> f64 + Sync) -> Self {
        Square::from_fn(self.n, |row, column| entry(row, column, self.at(row, column)))
    }

    /// The largest |entry| outside the diagonal; 0 of a single node.
    pub fn largest_off_diagonal(&self) -> f64 {
        let of_row = |row: usize| (0..row).map(move |column| self.at(row, column).abs());
        (0..self.n).flat_map(of_row).fold(0.0, f64::max)
    }

    fn rows_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [f64]> {
        self.values.par_chunks_mut(self.n.max(1))
    }

    /// The lower triangle L with L·Lᵀ = self, where every pivot (the variance that a node has left given those before
    /// it) is above `least`; `None` where one is not. The upper triangle is not read.
    pub fn cholesky(&self, least: f64) -> Option<Cholesky> {
        let n = self.n;
        let mut lower = self.clone();
        for start in (0..n).step_by(PANEL) {
            let end = (start + PANEL).min(n);
            for row in start..end {
                let (above, own) = lower.values.split_at_mut(row * n);
                let own = &mut own[..n];
                for column in start..row {
                    let other = &above[column * n..][..n];
                    let product = dot(&own[start..column], &other[start..column]);
                    own[column] = (own[column] - product) / other[column];
                }
                let left = own[row] - dot(&own[start..row], &own[start..row]);
                if left.is_nan() || left <= least {
                    return None;
                }
                own[row] = left.sqrt();
            }
            let (above, below) = lower.values.split_at_mut(end * n);
            let panel = &above[start * n..];
            below.par_chunks_mut(n).for_each(|own| {
                for column in start..end {
                    let other = &panel[(column - start) * n..][..n];
                    let product = dot(&own[start..column], &other[start..column]);
                    own[column] = (own[column] - product) / other[column];
                }
            });
            // the same columns, each as a row
            let rest = n - end;
            let mut across = vec![0.0; (end - start) * rest];
            for (row, own) in below.chunks(n).enumerate() {
                for (at, value) in own[start..end].iter().enumerate() {
                    across[at * rest + row] = *value;
                }
            }
            below.par_chunks_mut(n).enumerate().for_each(|(row, own)| {
                let (factors, target) = own.split_at_mut(end);
                subtract(&mut target[..=row], &factors[start..end], &across, rest, 0);
            });
        }
        for row in 0..n {
            lower.values[row * n + row + 1..(row + 1) * n].fill(0.0);
        }
        Some(Cholesky(lower))
    }
}

/// The lower triangle L of L·Lᵀ.
#[derive(Clone, Debug)]
pub struct Cholesky(Square);

impl Cholesky {
    /// The logarithm of the determinant of L·Lᵀ.
    pub fn log_determinant(&self) -> f64 {
        (0..self.0.n).map(|at| 2.0 * self.0.at(at, at).ln()).sum()
    }

    /// What is left of the last node's variance, given all others.
    pub fn last_pivot(&self) -> f64 {
        self.0.n.checked_sub(1).map_or(f64::NAN, |last| self.0.at(last, last).powi(2))
    }

    /// The inverse of L·Lᵀ, exactly symmetric.
    pub fn inverse(&self) -> Square {
        let (n, lower) = (self.0.n, &self.0);
        let upper = Square::from_fn(n, |row, column| lower.at(column, row));
        let tiles: Vec<Vec<f64>> = (0..n.div_ceil(TILE))
            .into_par_iter()
            .map(|tile| {
                let (first, width) = (tile * TILE, TILE.min(n - tile * TILE));
                // L·x = the columns of the identity, and then Lᵀ·y = x
                let mut x = vec![0.0; n * width];
                for row in first..n {
                    let (above, own) = x.split_at_mut(row * width);
                    let own = &mut own[..width];
                    if row < first + width {
                        own[row - first] = 1.0;
                    }
                    subtract(own, &lower.row(row)[first..row], above, width, first);
                    own.iter_mut().for_each(|value| *value /= lower.at(row, row));
                }
                // an inverse is symmetric: rows from the tile's first on
                for row in (first..n).rev() {
                    let (own, below) = x.split_at_mut((row + 1) * width);
                    let own = &mut own[row * width..];
                    subtract(own, &upper.row(row)[row + 1..], below, width, 0);
                    own.iter_mut().for_each(|value| *value /= lower.at(row, row));
                }
                x
            })
            .collect();
        Square::symmetric(n, |row, column| {
            let (tile, width) = (column / TILE, TILE.min(n - column / TILE * TILE));
            tiles[tile][row * width + column % TILE]
        })
    }
}

/// Takes from `target` the sum over `factors` of each × its row of `rows`, which are `width` apart and counted from
/// `first`.
fn subtract(target: &mut [f64], factors: &[f64], rows: &[f64], width: usize, first: usize) {
    let (fours, rest) = factors.as_chunks::<4>();
    let length = target.len();
    for (at, [a, b, c, d]) in fours.iter().enumerate() {
        let [e, f, g, h] = [0, 1, 2, 3].map(|more| &rows[(first + 4 * at + more) * width..][..length]);
        for (slot, value) in target.iter_mut().enumerate() {
            *value -= (a * e[slot] + b * f[slot]) + (c * g[slot] + d * h[slot]);
        }
    }
    for (at, factor) in rest.iter().enumerate() {
        let row = &rows[(first + 4 * fours.len() + at) * width..][..length];
        target.iter_mut().zip(row).for_each(|(value, other)| *value -= factor * other);
    }
}

/// The sum of products, in eight interleaved parts.
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (lefts, left) = left.as_chunks::<8>();
    let (rights, right) = right.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (left, right) in lefts.iter().zip(rights) {
        for at in 0..8 {
            sums[at] += left[at] * right[at];
        }
    }
    let rest: f64 = left.iter().zip(right).map(|(left, right)| left * right).sum();
    sums.iter().sum::<f64>() + rest
}
