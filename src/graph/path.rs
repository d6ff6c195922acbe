//! The whole path of SIMULE and W-SIMULE in λ, one column at a time, by a parametric dual simplex.
//!
//! A column j asks for the smallest Σ w|x| for which |A·x − e_j| ≤ λ. At λ ≥ 1 that is x = 0, and as λ falls the best x
//! moves on straight lines between breakpoints. Few unknowns are other than zero, and as many rows are at their bounds: of
//! the tableau only that small square is kept, and each breakpoint's row and column are summed from A anew. So a step costs
//! what the solution has of unknowns times a row of A, and all columns read one A.

use super::square::Square;

/// The matrix A of a programme.
pub trait Constraints {
    /// Rows.
    fn height(&self) -> usize;
    /// Columns: unknowns.
    fn width(&self) -> usize;
    /// An entry.
    fn at(&self, row: usize, column: usize) -> f64;
    /// The sum of some rows, each times a number.
    fn sum_rows(&self, parts: &[(usize, f64)]) -> Vec<f64>;
    /// The sum of some columns, each times a number.
    fn sum_columns(&self, parts: &[(usize, f64)]) -> Vec<f64>;
}

/// The rows of all contexts: the K blocks Σ_k (symmetric, p × p) on the diagonal, and beside them all K below each other,
/// divided by a scale: Kp × (K + 1)p numbers of which Kp² are held.
#[derive(Clone, Copy, Debug)]
pub struct Joint<'a> {
    contexts: &'a [Square],
    n: usize,
    scale: f64,
}

impl<'a> Joint<'a> {
    /// Of these associations; `scale` is εK.
    pub fn new(contexts: &'a [Square], scale: f64) -> Self {
        Joint { contexts, n: contexts.first().map_or(0, Square::n), scale }
    }
}

impl Constraints for Joint<'_> {
    fn height(&self) -> usize {
        self.contexts.len() * self.n
    }

    fn width(&self) -> usize {
        (self.contexts.len() + 1) * self.n
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        let (context, block) = (row / self.n, column / self.n);
        let entry = self.contexts[context].at(row % self.n, column % self.n);
        if block == self.contexts.len() {
            entry / self.scale
        } else if block == context {
            entry
        } else {
            0.0
        }
    }

    fn sum_rows(&self, parts: &[(usize, f64)]) -> Vec<f64> {
        let mut sum = vec![0.0; self.width()];
        let (own, shared) = sum.split_at_mut(self.height());
        for (context, own) in own.chunks_exact_mut(self.n.max(1)).enumerate() {
            let of_context = parts.iter().filter(|(row, _)| row / self.n == context);
            add_all(own, of_context.map(|&(row, factor)| (factor, self.contexts[context].row(row % self.n))));
            add(shared, 1.0 / self.scale, own);
        }
        sum
    }

    fn sum_columns(&self, parts: &[(usize, f64)]) -> Vec<f64> {
        let mut sum = vec![0.0; self.height()];
        for (context, own) in sum.chunks_exact_mut(self.n.max(1)).enumerate() {
            let of_context = parts.iter().filter_map(|&(column, factor)| {
                let row = self.contexts[context].row(column % self.n);
                match column / self.n {
                    block if block == context => Some((factor, row)),
                    block if block == self.contexts.len() => Some((factor / self.scale, row)),
                    _ => None,
                }
            });
            add_all(own, of_context);
        }
        sum
    }
}

fn add(sum: &mut [f64], factor: f64, part: &[f64]) {
    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += factor * part);
}

/// Adds parts as long as `sum`, each times its factor: four at a time, so that the sum is read and written a quarter as often.
fn add_all<'a>(sum: &mut [f64], parts: impl Iterator<Item = (f64, &'a [f64])>) {
    let n = sum.len();
    let mut four = [(0.0, &[][..]); 4];
    let mut held = 0;
    for part in parts {
        four[held] = part;
        held += 1;
        if held == 4 {
            held = 0;
            let [(a, one), (b, two), (c, three), (d, last)] = four.map(|(factor, part)| (factor, &part[..n]));
            for at in 0..n {
                sum[at] += (a * one[at] + b * two[at]) + (c * three[at] + d * last[at]);
            }
        }
    }
    four[..held].iter().for_each(|&(factor, part)| add(sum, factor, part));
}

/// A value along the path: the first + λ × the second.
type Line = (f64, f64);

/// One linear programme with a bound λ that falls.
#[derive(Debug)]
pub struct Programme<'a, A> {
    matrix: &'a A,
    weights: &'a [f64],
    /// The unknowns that are not zero.
    used: Vec<Used>,
    /// The rows at a bound, and at which: the upper (1) or the lower (−1).
    tight: Vec<(usize, f64)>,
    /// The value of each row of A·x − e_j; of no use where it is tight.
    rows: Vec<Line>,
    is_used: Vec<bool>,
    is_tight: Vec<bool>,
    /// What a unit of each unknown that is zero, and of each slack of `tight`, adds to the objective, its own weight apart.
    unknown_costs: Vec<f64>,
    slack_costs: Vec<f64>,
    lambda: f64,
}

#[derive(Debug)]
struct Used {
    unknown: usize,
    sign: f64,
    size: Line,
    /// What a unit of slack of each tight row adds to the size.
    responses: Vec<f64>,
}

/// What is the first to meet a bound as λ falls.
#[derive(Clone, Copy)]
enum Leaving {
    /// A used unknown, by its place among them, meets zero.
    Used(usize),
    /// A row meets its upper (1) or lower (−1) bound.
    Row(usize, f64),
}

/// What takes its place.
#[derive(Clone, Copy)]
enum Entering {
    /// An unknown that was zero, with this sign.
    Unknown(usize, f64),
    /// The slack of a tight row, by its place among them.
    Slack(usize),
    /// The same unknown with the other sign.
    Mirror,
}

/// What a unit of everything that is zero adds to what leaves, as a distance from its bound.
struct TableauRow {
    unknowns: Vec<f64>,
    slacks: Vec<f64>,
}

/// A pivot that is smaller is taken for zero.
const SMALLEST: f64 = 1e-11;
/// Ratios that are closer are ties.
const TIE: f64 = 1e-12;

impl<'a, A: Constraints> Programme<'a, A> {
    /// At λ = 1. `weights` has one for each column of A, all above 0, and `target`, e_j, one for each row, from −1 to 1.
    pub fn new(matrix: &'a A, weights: &'a [f64], target: &[f64]) -> Self {
        Programme {
            matrix,
            weights,
            used: Vec::new(),
            tight: Vec::new(),
            rows: target.iter().map(|&value| (-value, 0.0)).collect(),
            is_used: vec![false; matrix.width()],
            is_tight: vec![false; matrix.height()],
            unknown_costs: vec![0.0; matrix.width()],
            slack_costs: Vec::new(),
            lambda: 1.0,
        }
    }

    /// Goes down to λ, which must not be above where the path is. The λ that is reached is returned: it is higher where no
    /// x is near enough to the target for less.
    pub fn descend(&mut self, lambda: f64) -> f64 {
        // far more breakpoints than any path has; rounding could otherwise turn in a circle
        for _ in 0..200 * (self.matrix.height() + self.matrix.width()) {
            let Some((at, leaving)) = self.next().filter(|&(at, _)| at > lambda) else {
                self.lambda = lambda.min(self.lambda);
                return lambda;
            };
            self.lambda = at.min(self.lambda);
            let row = self.row(leaving);
            match self.entering(leaving, &row) {
                Some(Entering::Mirror) => self.mirror(leaving, &row),
                Some(entering) => self.pivot(leaving, entering, row),
                None => return self.lambda,
            }
        }
        self.lambda
    }

    /// The unknowns where the path is.
    pub fn solution(&self) -> Vec<f64> {
        let mut solution = vec![0.0; self.weights.len()];
        for used in &self.used {
            solution[used.unknown] = used.sign * (used.size.0 + used.size.1 * self.lambda);
        }
        solution
    }

    /// What is the first to leave its bounds as λ falls, and at which λ; `None` where nothing does down to 0.
    fn next(&self) -> Option<(f64, Leaving)> {
        let mut next = None;
        let mut highest = 0.0;
        let mut offer = |leaving: Leaving, (fixed, slope): Line| {
            // fixed + λ·slope ≥ 0 holds down to −fixed / slope
            if slope > SMALLEST && -fixed > highest * slope {
                highest = -fixed / slope;
                next = Some((highest, leaving));
            }
        };
        self.used.iter().enumerate().for_each(|(place, used)| offer(Leaving::Used(place), used.size));
        for (row, &(fixed, slope)) in self.rows.iter().enumerate() {
            if !self.is_tight[row] {
                offer(Leaving::Row(row, 1.0), (-fixed, 1.0 - slope));
                offer(Leaving::Row(row, -1.0), (fixed, 1.0 + slope));
            }
        }
        next
    }

    fn row(&self, leaving: Leaving) -> TableauRow {
        let parts = |slacks: &[f64]| -> Vec<(usize, f64)> {
            self.tight.iter().zip(slacks).map(|(&(row, side), slack)| (row, side * slack)).collect()
        };
        match leaving {
            Leaving::Used(place) => {
                let slacks = self.used[place].responses.clone();
                TableauRow { unknowns: self.matrix.sum_rows(&parts(&slacks)), slacks }
            }
            Leaving::Row(row, side) => {
                let mut slacks = vec![0.0; self.tight.len()];
                let entry = |used: &Used| -side * used.sign * self.matrix.at(row, used.unknown);
                add_all(&mut slacks, self.used.iter().map(|used| (entry(used), &used.responses[..])));
                let mut parts = parts(&slacks);
                parts.push((row, -side));
                TableauRow { unknowns: self.matrix.sum_rows(&parts), slacks }
            }
        }
    }

    /// What enters for what must move away from its bound, at the least cost: of ties the largest pivot, then the first.
    fn entering(&self, leaving: Leaving, row: &TableauRow) -> Option<Entering> {
        let mut best: Option<(f64, f64, Entering)> = None;
        let mut offer = |pivot: f64, cost: f64, entering: Entering| {
            if best.as_ref().is_some_and(|(least, ..)| cost > (least + TIE) * pivot) {
                return;
            }
            let ratio = cost.max(0.0) / pivot;
            let is_better = best
                .as_ref()
                .is_none_or(|&(least, largest, _)| ratio < least - TIE || (ratio <= least + TIE && pivot > largest));
            if is_better {
                best = Some((ratio, pivot, entering));
            }
        };
        for (unknown, &pivot) in row.unknowns.iter().enumerate() {
            if !self.is_used[unknown] && pivot.abs() > SMALLEST {
                let cost = self.weights[unknown] + pivot.signum() * self.unknown_costs[unknown];
                offer(pivot.abs(), cost, Entering::Unknown(unknown, pivot.signum()));
            }
        }
        for (place, &pivot) in row.slacks.iter().enumerate() {
            if pivot > SMALLEST {
                offer(pivot, self.slack_costs[place], Entering::Slack(place));
            }
        }
        if let Leaving::Used(place) = leaving {
            offer(1.0, 2.0 * self.weights[self.used[place].unknown], Entering::Mirror);
        }
        best.map(|(_, _, entering)| entering)
    }

    /// An unknown goes through zero and on.
    fn mirror(&mut self, leaving: Leaving, row: &TableauRow) {
        let Leaving::Used(place) = leaving else { return };
        let used = &mut self.used[place];
        used.sign = -used.sign;
        used.size = (-used.size.0, -used.size.1);
        used.responses.iter_mut().for_each(|response| *response = -*response);
        let weight = self.weights[used.unknown];
        add(&mut self.unknown_costs, -2.0 * weight, &row.unknowns);
        add(&mut self.slack_costs, -2.0 * weight, &row.slacks);
    }

    /// What leaves becomes zero, and what enters is solved for from it.
    fn pivot(&mut self, leaving: Leaving, entering: Entering, mut row: TableauRow) {
        // what a unit of what enters adds to each size and row, and to the objective
        let (pivot, by_size, unit, cost) = match entering {
            Entering::Unknown(unknown, sign) => {
                let entries: Vec<f64> =
                    self.tight.iter().map(|&(row, side)| side * sign * self.matrix.at(row, unknown)).collect();
                let by_size = self.used.iter().map(|used| dot(&used.responses, &entries)).collect();
                let cost = sign * self.unknown_costs[unknown] + self.weights[unknown];
                (sign * row.unknowns[unknown], by_size, Some((unknown, sign)), cost)
            }
            Entering::Slack(place) => {
                let by_size: Vec<f64> = self.used.iter().map(|used| used.responses[place]).collect();
                (row.slacks[place], by_size, None, self.slack_costs[place])
            }
            Entering::Mirror => return,
        };
        let moved = self.used.iter().zip(&by_size).map(|(used, size)| (used.unknown, used.sign * size));
        let by_row = self.matrix.sum_columns(&moved.chain(unit).collect::<Vec<_>>());
        let (fixed, slope) = match leaving {
            Leaving::Used(place) => self.used[place].size,
            Leaving::Row(row, side) => (-side * self.rows[row].0, 1.0 - side * self.rows[row].1),
        };
        let size = (-fixed / pivot, -slope / pivot);
        let shift = |line: &mut Line, factor: f64| *line = (line.0 + factor * size.0, line.1 + factor * size.1);
        self.rows.iter_mut().zip(&by_row).for_each(|(row, &factor)| shift(row, factor));
        // what enters, by everything that is zero from now on
        row.unknowns.iter_mut().chain(&mut row.slacks).for_each(|value| *value /= -pivot);
        add(&mut self.unknown_costs, cost, &row.unknowns);
        add(&mut self.slack_costs, cost, &row.slacks);
        for (used, &factor) in self.used.iter_mut().zip(&by_size) {
            shift(&mut used.size, factor);
            add(&mut used.responses, factor, &row.slacks);
        }
        // the column of what leaves, in place of that of what enters
        let mut column: Vec<f64> = by_size.iter().map(|size| size / pivot).collect();
        let mut cost = cost / pivot;
        if let Entering::Slack(place) = entering {
            let (freed, side) = self.tight.remove(place);
            self.is_tight[freed] = false;
            self.rows[freed] = (-side * size.0, side * (1.0 - size.1));
            self.slack_costs.remove(place);
            row.slacks.remove(place);
            self.used.iter_mut().for_each(|used| {
                used.responses.remove(place);
            });
        }
        if let Leaving::Used(place) = leaving {
            let gone = self.used.remove(place);
            self.is_used[gone.unknown] = false;
            cost -= self.weights[gone.unknown];
            self.unknown_costs[gone.unknown] = gone.sign * cost;
            column.remove(place);
        }
        if let Entering::Unknown(unknown, sign) = entering {
            self.used.push(Used { unknown, sign, size, responses: row.slacks });
            self.is_used[unknown] = true;
            column.push(1.0 / pivot);
        }
        if let Leaving::Row(row, side) = leaving {
            self.used.iter_mut().zip(column).for_each(|(used, response)| used.responses.push(response));
            self.tight.push((row, side));
            self.is_tight[row] = true;
            self.slack_costs.push(cost);
        }
    }
}

/// Eight sums side by side, which a processor adds at once.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f64 = ones.remainder().iter().zip(others.remainder()).map(|(one, other)| one * other).sum();
    let mut sums = [0.0; 8];
    for (ones, others) in ones.zip(others) {
        for (sum, (one, other)) in sums.iter_mut().zip(ones.iter().zip(others)) {
            *sum += one * other;
        }
    }
    sums.iter().sum::<f64>() + rest
}
