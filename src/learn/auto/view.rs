//! What linear models and trees of [`super::Auto`] see of a window.

use std::ops::Range;

use super::ecdf::Ecdf;
use crate::learn::baseline::FeatureSet;
#[cfg(test)]
use crate::learn::baseline::Table;
use crate::matrix::{BODY_PARTS, LayerName, RowPart, RowShape};

/// Summaries of a mark: see [`summaries`].
const SUMMARIES: usize = 14;
/// Those that products are made of: the mean, the largest bin, the mean around the TSS …
const FACTORS: usize = 3;
/// … or of more than this many marks the mean alone, since there is a product for every two of them …
const MARKS_OF_ALL_FACTORS: usize = 10;
/// … and of more than this many nothing.
const MARKS_OF_PRODUCTS: usize = 40;
/// Order statistics of a mark's bins.
const PERCENTILES: [usize; 7] = [5, 10, 25, 50, 75, 90, 95];
/// Widths of the windows that a mark's bins are pooled into, as numbers of windows.
const RESOLUTIONS: [usize; 5] = [20, 10, 5, 2, 1];

/// Summaries of a mark along the gene's body: see [`body_summaries`].
const BODY_SUMMARIES: usize = 6;

/// The distributions of a sample: of each mark's bins, of each summary over the genes, and of each summary of the
/// genes' bodies.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// What rows hold.
    pub shape: RowShape,
    /// One a mark.
    pub bins: Vec<Ecdf>,
    /// One a mark and summary.
    pub summaries: Vec<Ecdf>,
    /// One a mark and summary of the body; none where bodies are not looked at.
    pub body: Vec<Ecdf>,
}

/// A way of looking at a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Summaries of the ranks of a mark's bins: level, peak, sides and order statistics.
    Summaries,
    /// Where each summary stands among the sample's genes.
    Ranks,
    /// The same, and products of two of them: marks that matter only together.
    Products,
    /// The ranks of the bins in windows of several widths, so that a smooth profile costs less than a rough
    /// one, and order statistics of a mark's bins.
    Profile,
    /// Normal scores of the bins in windows of several widths, taken the same from both sides, for data
    /// whose strand is not known.
    Symmetric,
    /// As [`View::Profile`], of ln(1 + signal): not ranks but amounts.
    Amounts,
    /// What the baselines that are trees see: ln(1 + signal) in 20 windows, mean and largest bin of each mark.
    Windows,
}

impl Context {
    /// The distributions of the rows of a sample's genes.
    pub fn of(rows: &[f32], shape: &RowShape) -> Self {
        let rows = || rows.chunks_exact(shape.size());
        let of_mark = |mark: Range<usize>| Ecdf::of(rows().flat_map(|row| &row[mark.clone()]).copied().collect());
        let marks = shape.part(LayerName::Window).into_iter().flat_map(RowPart::channels);
        let mut context = Context {
            shape: shape.clone(),
            bins: marks.map(of_mark).collect(),
            summaries: Vec::new(),
            body: Vec::new(),
        };
        let mut columns = vec![Vec::new(); context.bins.len() * SUMMARIES];
        for row in rows() {
            let of_window = summaries(&context.ranks(context.window(row)));
            columns.iter_mut().zip(of_window).for_each(|(column, value)| column.push(value as f32));
        }
        context.summaries = columns.into_iter().map(Ecdf::of).collect();
        let mut columns = vec![Vec::new(); n_body_summaries(shape)];
        for row in rows() {
            let known = columns.iter_mut().zip(body_summaries(context.body(row))).filter(|(_, value)| !value.is_nan());
            known.for_each(|(column, value)| column.push(value));
        }
        context.body = columns.into_iter().map(Ecdf::of).collect();
        context
    }

    /// The window of a row, row-major [mark, bin].
    fn window<'a>(&self, row: &'a [f32]) -> &'a [f32] {
        self.shape.part(LayerName::Window).map_or(&[], |part| &row[part.range.clone()])
    }

    /// The body of a row, row-major [mark, part]; empty where bodies are not looked at.
    fn body<'a>(&self, row: &'a [f32]) -> &'a [f32] {
        self.shape.part(LayerName::Body).map_or(&[], |part| &row[part.range.clone()])
    }

    /// The ranks of a window's bins, [mark][bin].
    fn ranks(&self, window: &[f32]) -> Vec<Vec<f64>> {
        let bins = window.len() / self.bins.len();
        let marks = window.chunks_exact(bins).zip(&self.bins);
        marks.map(|(bins, ecdf)| bins.iter().map(|&value| ecdf.rank(value)).collect()).collect()
    }

    /// What the view sees of a row's window, then where the summaries of its body stand among the sample's genes. One
    /// that is not known stands in the middle.
    pub fn see(&self, view: View, row: &[f32]) -> Vec<f64> {
        let mut features = self.see_window(view, self.window(row));
        let ranks = body_summaries(self.body(row)).into_iter().zip(&self.body);
        features.extend(ranks.map(|(value, ecdf)| if value.is_nan() { 0.5 } else { ecdf.rank(value) }));
        features
    }

    fn see_window(&self, view: View, window: &[f32]) -> Vec<f64> {
        let ranks = self.ranks(window);
        let of_genes = || -> Vec<f64> {
            let summaries = summaries(&ranks).into_iter().zip(&self.summaries);
            summaries.map(|(value, ecdf)| ecdf.rank(value as f32)).collect()
        };
        match view {
            View::Summaries => summaries(&ranks),
            View::Ranks => of_genes(),
            View::Products => {
                let mut features = of_genes();
                let factors: Vec<f64> = features
                    .chunks_exact(SUMMARIES)
                    .flat_map(|mark| &mark[..n_factors(ranks.len())])
                    .map(|rank| rank - 0.5)
                    .collect();
                for (at, one) in factors.iter().enumerate() {
                    features.extend(factors[at..].iter().map(|other| one * other));
                }
                features
            }
            View::Windows => of_trees(window, window.len() / self.bins.len()),
            View::Profile => ranks.iter().flat_map(|bins| profile(bins)).collect(),
            View::Amounts => {
                let bins = window.len() / self.bins.len();
                let amount = |&x: &f32| f64::from(x.abs().ln_1p().copysign(x));
                window
                    .chunks_exact(bins)
                    .flat_map(|mark| profile(&mark.iter().map(amount).collect::<Vec<_>>()))
                    .collect()
            }
            View::Symmetric => {
                let both_sides = |bins: &Vec<f64>| {
                    let scores: Vec<f64> = bins.iter().map(|&rank| normal_score(rank)).collect();
                    // of an odd number the middle one is its own other side
                    let half = scores.len().div_ceil(2);
                    let pairs = || scores[..half].iter().zip(scores.iter().rev());
                    let mean: Vec<f64> = pairs().map(|(a, b)| (a + b) / 2.0).collect();
                    let difference: Vec<f64> = pairs().map(|(a, b)| (a - b) / 2.0).collect();
                    let mut features = pyramid(&mean);
                    features.extend(pyramid(&difference).into_iter().map(f64::abs));
                    features
                };
                ranks.iter().flat_map(both_sides).collect()
            }
        }
    }

    /// What the view sees of rows.
    #[cfg(test)]
    pub fn table(&self, view: View, rows: &[f32]) -> Table {
        let mut table: Option<Table> = None;
        for row in rows.chunks_exact(self.shape.size()) {
            let features = self.see(view, row);
            table.get_or_insert_with(|| Table::new(features.len())).push(&features);
        }
        table.unwrap_or_default()
    }
}

impl View {
    /// How much each feature of the view counts beside the others once it is standardised: windows of all
    /// widths as much in all, products half.
    pub fn factors(self, shape: &RowShape) -> Vec<f64> {
        let window = shape.part(LayerName::Window).map_or((0, 0), |part| (part.channels().count(), part.positions));
        let mut factors = self.factors_of_window(window.0, window.1);
        factors.resize(factors.len() + n_body_summaries(shape), 1.0);
        factors
    }

    fn factors_of_window(self, marks: usize, bins: usize) -> Vec<f64> {
        let widths = |bins: usize| windows(bins).into_iter().flat_map(|n| vec![(10.0 / n as f64).sqrt(); n]);
        match self {
            View::Summaries | View::Ranks => vec![1.0; marks * SUMMARIES],
            View::Products => {
                let factors = marks * n_factors(marks);
                let mut all = vec![1.0; marks * SUMMARIES];
                all.extend(vec![0.5; factors * (factors + 1) / 2]);
                all
            }
            View::Windows => vec![1.0; FeatureSet::All.len(marks, FeatureSet::pooled(bins))],
            View::Profile | View::Amounts => {
                (0..marks).flat_map(|_| widths(bins).chain([1.0; 1 + PERCENTILES.len()])).collect()
            }
            View::Symmetric => (0..2 * marks).flat_map(|_| widths(bins.div_ceil(2))).collect(),
        }
    }
}

/// Summaries of each mark that products are made of.
fn n_factors(marks: usize) -> usize {
    if marks <= MARKS_OF_ALL_FACTORS { FACTORS } else { usize::from(marks <= MARKS_OF_PRODUCTS) }
}

fn of_trees(window: &[f32], bins: usize) -> Vec<f64> {
    FeatureSet::All.of(window, bins, FeatureSet::pooled(bins), false)
}

/// For each mark: mean; largest; means around the TSS, on its left and right, of the left and right arm;
/// order statistics.
fn summaries(ranks: &[Vec<f64>]) -> Vec<f64> {
    let mut all = Vec::with_capacity(ranks.len() * SUMMARIES);
    for bins in ranks {
        let part = |from: usize, to: usize| {
            let part = &bins[bins.len() * from / 100..(bins.len() * to).div_ceil(100)];
            part.iter().sum::<f64>() / part.len() as f64
        };
        let [largest, rest @ ..] = order(bins);
        all.extend([part(0, 100), largest, part(40, 60), part(30, 50), part(50, 70), part(0, 40), part(60, 100)]);
        all.extend(rest);
    }
    all
}

/// Summaries of a body, of rows that hold one.
fn n_body_summaries(shape: &RowShape) -> usize {
    shape.part(LayerName::Body).map_or(0, |part| part.channels().count() * BODY_SUMMARIES)
}

/// For each mark along the body: means of its first, middle and last third, of all, of the last sixth; the median.
/// NaN where the body is not known.
fn body_summaries(body: &[f32]) -> Vec<f32> {
    let mut all = Vec::with_capacity(body.len() / BODY_PARTS * BODY_SUMMARIES);
    for parts in body.chunks_exact(BODY_PARTS) {
        let mean = |parts: &[f32]| parts.iter().sum::<f32>() / parts.len() as f32;
        let (third, sixth) = (BODY_PARTS / 3, BODY_PARTS / 6);
        all.extend(parts.chunks_exact(third).map(mean));
        let mut sorted = parts.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let median = if parts.iter().any(|part| part.is_nan()) { f32::NAN } else { sorted[BODY_PARTS / 2] };
        all.extend([mean(parts), mean(&parts[BODY_PARTS - sixth..]), median]);
    }
    all
}

/// The largest bin, and those at [`PERCENTILES`].
fn order(bins: &[f64]) -> [f64; 1 + PERCENTILES.len()] {
    let mut sorted = bins.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len() - 1;
    std::array::from_fn(|at| if at == 0 { sorted[last] } else { sorted[last * PERCENTILES[at - 1] / 100] })
}

/// Means in windows of several widths, and order statistics.
fn profile(bins: &[f64]) -> Vec<f64> {
    let mut features = pyramid(bins);
    features.extend(order(bins));
    features
}

/// Numbers of windows that so many bins are pooled into.
fn windows(bins: usize) -> Vec<usize> {
    RESOLUTIONS.into_iter().filter(|&n| n <= bins).collect()
}

/// Means in windows of several widths.
fn pyramid(bins: &[f64]) -> Vec<f64> {
    let mean = |bins: &[f64]| bins.iter().sum::<f64>() / bins.len() as f64;
    let of = |n: usize| (0..n).map(move |at| mean(&bins[at * bins.len() / n..(at + 1) * bins.len() / n]));
    windows(bins.len()).into_iter().flat_map(of).collect()
}

/// The quantile of the normal distribution, cut at ±3.1 (Winitzki's approximation of the inverse error
/// function; a view needs no more).
fn normal_score(rank: f64) -> f64 {
    let x = 2.0 * rank.clamp(1e-3, 1.0 - 1e-3) - 1.0;
    let a = 0.147;
    let (l, b) = ((1.0 - x * x).ln(), 2.0 / (std::f64::consts::PI * a));
    let root = ((b + l / 2.0).powi(2) - l / a).sqrt() - (b + l / 2.0);
    2f64.sqrt() * root.max(0.0).sqrt().copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [View; 7] =
        [View::Summaries, View::Ranks, View::Products, View::Profile, View::Symmetric, View::Amounts, View::Windows];

    fn sample(genes: usize, (marks, bins): (usize, usize), scale: impl Fn(f32) -> f32) -> Vec<f32> {
        (0..genes * marks * bins).map(|at| scale(((at * 7919 + at / bins * 31) % 1009) as f32)).collect()
    }

    #[test]
    fn views_have_their_sizes_and_do_not_depend_on_the_scale_of_the_signal() {
        for window in [(5, 100), (2, 8), (1, 1), (12, 3), (41, 2)] {
            let shape = RowShape::window(window.0, window.1);
            let (counts, other) = (sample(40, window, |x| x), sample(40, window, |x| (x + 1.0).ln() * 0.01));
            let (one, two) = (Context::of(&counts, &shape), Context::of(&other, &shape));
            for view in ALL {
                let table = one.table(view, &counts);
                assert_eq!((table.len(), table.n_features()), (40, view.factors(&shape).len()), "{view:?}");
                assert!(table.rows().flatten().all(|x| x.is_finite()));
                let is_same = table == two.table(view, &other);
                assert_eq!(is_same, ![View::Windows, View::Amounts].contains(&view), "{view:?}");
            }
        }
    }

    #[test]
    fn the_symmetric_view_does_not_see_the_strand() {
        let window = (2, 40);
        let values = sample(30, window, |x| x);
        let context = Context::of(&values, &RowShape::window(2, 40));
        let flipped: Vec<f32> = values.chunks_exact(40).flat_map(|mark| mark.iter().rev().copied()).collect();
        for (a, b) in values.chunks_exact(80).zip(flipped.chunks_exact(80)) {
            let (a, b) = (context.see(View::Symmetric, a), context.see(View::Symmetric, b));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }

    #[test]
    fn bodies_are_ranked_whatever_their_scale_and_one_that_is_not_known_stands_in_the_middle() {
        let window = (2, 4);
        let values = sample(21, window, |x| x);
        let body = |scale: f32| -> Vec<f32> {
            let part = |at: usize| scale * ((at / BODY_PARTS * 13 + at % BODY_PARTS) % 101) as f32;
            let mut all: Vec<f32> = (0..21 * 2 * BODY_PARTS).map(part).collect();
            all[20 * 2 * BODY_PARTS..].fill(f32::NAN);
            all
        };
        let shape = RowShape::of([(LayerName::Window, 2, 4), (LayerName::Body, 2, BODY_PARTS)]);
        let see = |scale: f32, gene: usize| {
            let bodies = body(scale);
            let layers = values.chunks_exact(8).zip(bodies.chunks_exact(2 * BODY_PARTS));
            let rows: Vec<f32> = layers.flat_map(|(window, body)| [window, body].concat()).collect();
            let context = Context::of(&rows, &shape);
            context.see(View::Ranks, &rows[gene * shape.size()..][..shape.size()])[2 * SUMMARIES..].to_vec()
        };
        assert_eq!(see(1.0, 3), see(100.0, 3));
        assert_ne!(see(1.0, 3), see(1.0, 4));
        assert_eq!(see(1.0, 20), vec![0.5; 2 * BODY_SUMMARIES]);
        let thirds = body_summaries(&(0..BODY_PARTS).map(|part| part as f32).collect::<Vec<_>>());
        assert_eq!(thirds, [1.5, 5.5, 9.5, 5.5, 10.5, 6.0]);
        assert_eq!(View::Ranks.factors(&shape).len(), 2 * (SUMMARIES + BODY_SUMMARIES));
    }

    #[test]
    fn normal_scores() {
        let close = |rank: f64, score: f64| (normal_score(rank) - score).abs() < 0.01; // scipy.stats.norm.ppf
        assert!(close(0.5, 0.0) && close(0.975, 1.95996) && close(0.1, -1.28155) && close(1.0, 3.0902));
    }
}
