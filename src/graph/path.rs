//! The whole path of SIMULE and W-SIMULE in λ, one column at a time, by a parametric dual simplex.
//!
//! A column j asks for the smallest Σ w|x| for which |A·x − e_j| ≤ λ. At λ ≥ 1 that is x = 0, and as λ falls the best x
//! moves on straight lines between breakpoints. Unknowns and rows come in pairs (x⁺ and x⁻, the upper and the lower
//! bound), of which one half of the tableau is the other half's negative: it is held once, with signs, K·p × (K + 1)·p
//! numbers.

/// What a row or column of the tableau stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entity {
    /// The unknown of this index, times the sign.
    Unknown(usize, f64),
    /// The bound of this row of A that A·x − e_j has: as a column its slack from the upper (1) or lower (−1) bound, as
    /// a row the value itself.
    Bound(usize, f64),
}

/// One linear programme with a bound λ that falls.
#[derive(Debug)]
pub struct Programme<'a> {
    weights: &'a [f64],
    rows: Vec<Entity>,
    columns: Vec<Entity>,
    /// Row-major: what a unit of each column adds to each row.
    tableau: Vec<f64>,
    /// The value of each row is the first + λ × the second.
    values: Vec<(f64, f64)>,
    /// What a unit of each column adds to the objective, its own weight apart.
    costs: Vec<f64>,
    lambda: f64,
}

/// The next breakpoint of a path: this row meets its upper (1) or lower (−1) bound at this λ. Zero is the lower bound of
/// an unknown.
struct Leaving {
    row: usize,
    side: f64,
    lambda: f64,
}

/// A pivot that is smaller is taken for zero.
const SMALLEST: f64 = 1e-11;
/// Ratios that are closer are ties.
const TIE: f64 = 1e-12;

impl<'a> Programme<'a> {
    /// At λ = 1. `matrix` is A, row-major with a column for each of `weights` (all above 0), and `target` e_j, whose
    /// entries are from −1 to 1.
    pub fn new(matrix: Vec<f64>, weights: &'a [f64], target: &[f64]) -> Self {
        Programme {
            weights,
            rows: (0..target.len()).map(|row| Entity::Bound(row, 1.0)).collect(),
            columns: (0..weights.len()).map(|column| Entity::Unknown(column, 1.0)).collect(),
            tableau: matrix,
            values: target.iter().map(|&value| (-value, 0.0)).collect(),
            costs: vec![0.0; weights.len()],
            lambda: 1.0,
        }
    }

    /// Goes down to λ, which must not be above where the path is. The λ that is reached is returned: it is higher where no
    /// x is near enough to the target for less.
    pub fn descend(&mut self, lambda: f64) -> f64 {
        // far more breakpoints than any path has; rounding could otherwise turn in a circle
        for _ in 0..200 * (self.rows.len() + self.columns.len()) {
            let next = self.next().filter(|next| next.lambda > lambda);
            let Some(Leaving { row, side, lambda: at }) = next else {
                self.lambda = lambda.min(self.lambda);
                return lambda;
            };
            self.lambda = at.min(self.lambda);
            match self.entering(row, side) {
                Some(Entering::Column { column, direction }) => self.pivot(row, side, column, direction),
                Some(Entering::Mirror) => self.mirror(row),
                None => return self.lambda,
            }
        }
        self.lambda
    }

    /// The unknowns where the path is.
    pub fn solution(&self) -> Vec<f64> {
        let mut solution = vec![0.0; self.weights.len()];
        for (entity, (fixed, slope)) in self.rows.iter().zip(&self.values) {
            if let Entity::Unknown(unknown, sign) = *entity {
                solution[unknown] = sign * (fixed + slope * self.lambda);
            }
        }
        solution
    }

    /// The row that is the first to leave its bounds as λ falls; `None` where none does down to 0.
    fn next(&self) -> Option<Leaving> {
        let mut next = None;
        let mut highest = 0.0;
        let mut offer = |row: usize, side: f64, fixed: f64, slope: f64| {
            // fixed + λ·slope ≥ 0 holds down to here
            let at = -fixed / slope;
            if slope > SMALLEST && at > highest {
                (highest, next) = (at, Some(Leaving { row, side, lambda: at }));
            }
        };
        for (row, (entity, &(fixed, slope))) in self.rows.iter().zip(&self.values).enumerate() {
            match entity {
                Entity::Unknown(..) => offer(row, -1.0, fixed, slope),
                Entity::Bound(..) => {
                    offer(row, 1.0, -fixed, 1.0 - slope);
                    offer(row, -1.0, fixed, 1.0 + slope);
                }
            }
        }
        next
    }

    /// What enters for a row that must move away from its bound at the least cost: of ties the largest pivot, then
    /// the first.
    fn entering(&self, row: usize, side: f64) -> Option<Entering> {
        let own = self.row(row);
        let mut best: Option<(f64, f64, Entering)> = None;
        let mut offer = |pivot: f64, cost: f64, entering: Entering| {
            let ratio = cost.max(0.0) / pivot;
            let is_better = best
                .as_ref()
                .is_none_or(|&(least, largest, _)| ratio < least - TIE || (ratio <= least + TIE && pivot > largest));
            if is_better {
                best = Some((ratio, pivot, entering));
            }
        };
        for (column, &value) in own.iter().enumerate() {
            // a row at its upper bound has to fall, one at its lower bound or zero to rise
            let pivot = -side * value;
            if pivot.abs() <= SMALLEST {
                continue;
            }
            match self.columns[column] {
                Entity::Unknown(unknown, _) => {
                    let direction = pivot.signum();
                    let cost = self.weights[unknown] + direction * self.costs[column];
                    offer(pivot.abs(), cost, Entering::Column { column, direction });
                }
                Entity::Bound(..) if pivot > 0.0 => {
                    offer(pivot, self.costs[column], Entering::Column { column, direction: 1.0 });
                }
                Entity::Bound(..) => {}
            }
        }
        if let Entity::Unknown(unknown, _) = self.rows[row] {
            offer(1.0, 2.0 * self.weights[unknown], Entering::Mirror);
        }
        best.map(|(_, _, entering)| entering)
    }

    /// An unknown goes through zero and on.
    fn mirror(&mut self, row: usize) {
        let Entity::Unknown(unknown, sign) = self.rows[row] else { return };
        self.rows[row] = Entity::Unknown(unknown, -sign);
        let width = self.columns.len();
        let own = &mut self.tableau[row * width..][..width];
        for (cost, value) in self.costs.iter_mut().zip(own.iter_mut()) {
            *cost -= 2.0 * self.weights[unknown] * *value;
            *value = -*value;
        }
        let (fixed, slope) = self.values[row];
        self.values[row] = (-fixed, -slope);
    }

    /// A row becomes a column and a column, in one direction, a row.
    fn pivot(&mut self, row: usize, side: f64, column: usize, direction: f64) {
        let width = self.columns.len();
        // the leaving row as what is zero: an unknown, or the distance from a bound
        let (leaving, leaving_weight) = match self.rows[row] {
            Entity::Unknown(unknown, sign) => (Entity::Unknown(unknown, sign), self.weights[unknown]),
            Entity::Bound(bound, _) => {
                self.scale(row, -side);
                self.values[row].1 += 1.0;
                (Entity::Bound(bound, side), 0.0)
            }
        };
        // the entering column in the direction in which it grows
        let (entering, weight) = match self.columns[column] {
            Entity::Unknown(unknown, sign) => (Entity::Unknown(unknown, sign * direction), self.weights[unknown]),
            bound @ Entity::Bound(..) => (bound, 0.0),
        };
        if direction < 0.0 {
            self.tableau.iter_mut().skip(column).step_by(width).for_each(|value| *value = -*value);
            self.costs[column] = -self.costs[column];
        }
        let pivot = self.tableau[row * width + column];
        let (fixed, slope) = self.values[row];
        let own: Vec<f64> = {
            let own = &mut self.tableau[row * width..][..width];
            own.iter_mut().for_each(|value| *value /= -pivot);
            own[column] = 1.0 / pivot;
            own.to_vec()
        };
        let value = (-fixed / pivot, -slope / pivot);
        for (at, others) in self.tableau.chunks_exact_mut(width).enumerate() {
            let factor = others[column];
            if at == row || factor == 0.0 {
                continue;
            }
            others[column] = 0.0;
            others.iter_mut().zip(&own).for_each(|(other, own)| *other += factor * own);
            self.values[at].0 += factor * value.0;
            self.values[at].1 += factor * value.1;
        }
        let factor = self.costs[column] + weight;
        self.costs[column] = 0.0;
        self.costs.iter_mut().zip(&own).for_each(|(cost, own)| *cost += factor * own);
        self.costs[column] -= leaving_weight;
        self.values[row] = value;
        self.columns[column] = leaving;
        self.rows[row] = entering;
        if let Entity::Bound(bound, side) = entering {
            // its slack as the value that it is the slack of
            self.scale(row, -side);
            self.values[row].1 += side;
            self.rows[row] = Entity::Bound(bound, 1.0);
        }
    }

    fn scale(&mut self, row: usize, sign: f64) {
        let width = self.columns.len();
        self.tableau[row * width..][..width].iter_mut().for_each(|value| *value *= sign);
        let (fixed, slope) = self.values[row];
        self.values[row] = (sign * fixed, sign * slope);
    }

    fn row(&self, row: usize) -> &[f64] {
        let width = self.columns.len();
        &self.tableau[row * width..][..width]
    }
}

/// What takes the place of a row.
enum Entering {
    /// A column, in this direction.
    Column { column: usize, direction: f64 },
    /// The same unknown with the other sign.
    Mirror,
}
