//! What is shown of each gene and sample.

use crate::matrix::track::{self, TrackError, TrackValue, TrackValues};
use crate::matrix::{Axis, ByGene, Judged, Kind, Labels, LayerName, Matrix, Predictions, Region, Status};

/// Genes by samples.
pub struct Map {
    /// In the order of the command line.
    pub genes: Vec<Region>,
    /// Names of the channels of all layers: the marks, and of a layer besides the window `LAYER:MARK`.
    pub marks: Vec<String>,
    /// The positions of each of them.
    pub axes: Vec<Axis>,
    /// What the numbers are.
    pub kind: Kind,
    /// Method and unit of an attribution.
    pub method: Option<(String, String)>,
    /// In the order of the command line.
    pub samples: Vec<SampleMap>,
    /// What tests say of what is shown, where they were given.
    pub judged: Vec<Judged>,
}

/// The value of a bin that is shown.
pub fn shown(matrix: &Matrix) -> TrackValue {
    let window = matrix.layer(LayerName::Window).and_then(|layer| layer.attention.as_ref());
    let has_marks = window.is_some_and(|attention| attention.mark_values.is_some());
    match matrix.kind {
        Kind::Attention if has_marks => TrackValue::JointCorrected,
        Kind::Attention => TrackValue::Corrected,
        _ => TrackValue::Raw,
    }
}

/// One sample.
pub struct SampleMap {
    /// Its name.
    pub name: String,
    /// One a gene; `None` of a gene that the sample's file lacks.
    pub genes: Vec<Option<GeneMap>>,
}

/// One gene in one sample.
pub struct GeneMap {
    /// What became of its window.
    pub status: Status,
    /// Score, where predictions were given.
    pub score: Option<f64>,
    /// Whether the score may as well be on the other side of the threshold, where the model says so.
    pub uncertain: Option<bool>,
    /// Label, where labels were given.
    pub label: Option<f64>,
    /// One a channel; NaN where there is none.
    pub mark_values: Vec<f32>,
    /// By channel, 5′ to 3′; NaN where there is none.
    pub bins: Vec<Vec<f32>>,
    /// By channel the position that is furthest from 0, the first of equal ones: from the TSS to its 5′ base, in bp
    /// along the gene, and its value. `None` where no position has a value, or all are 0.
    pub peaks: Vec<Option<(i64, f32)>>,
}

impl Map {
    /// Without any sample yet.
    pub fn new(matrix: &Matrix, genes: Vec<Region>) -> Self {
        let channels = || track::channels(matrix);
        Map {
            genes,
            marks: channels().map(|(name, _)| name).collect(),
            axes: channels().map(|(_, axis)| axis).collect(),
            kind: matrix.kind,
            method: method(matrix),
            samples: Vec::new(),
            judged: Vec::new(),
        }
    }

    /// What keeps a matrix from being shown beside the others.
    pub fn difference(&self, matrix: &Matrix) -> Option<&'static str> {
        let theirs = || track::channels(matrix);
        // the order of bins may differ: all are shown 5′ to 3′
        let rulers = |axes: &mut dyn Iterator<Item = Axis>| axes.map(Axis::ruler).collect::<Vec<_>>();
        match () {
            () if self.kind != matrix.kind => Some("its values (signal, attention or attribution)"),
            () if self.method != method(matrix) => Some("method and unit of its attribution"),
            () if theirs().map(|(name, _)| name).ne(self.marks.iter().cloned()) => Some("its marks or its layers"),
            () if rulers(&mut theirs().map(|(_, axis)| axis)) != rulers(&mut self.axes.iter().copied()) => {
                Some("its window and bins")
            }
            () => None,
        }
    }

    /// Adds a sample.
    ///
    /// # Errors
    /// The attention that the matrix says an empty window gets is none.
    pub fn add(
        &mut self,
        matrix: &Matrix,
        predictions: Option<&Predictions>,
        labels: Option<&Labels>,
    ) -> Result<(), TrackError> {
        let values = TrackValues::new(matrix, shown(matrix))?;
        let n_channels = values.channels().len();
        let row_of: ByGene<usize> =
            matrix.regions.iter().enumerate().map(|(at, region)| (region.id.as_str(), at)).collect();
        let scores: ByGene<_> =
            predictions.iter().flat_map(|all| &all.rows).map(|row| (row.gene_id.as_str(), row)).collect();
        let labels = labels.map(Labels::by_gene).unwrap_or_default();
        let gene = |Region { id, .. }: &Region| {
            let gene = *row_of.get(id)?;
            Some(GeneMap {
                status: matrix.status[gene],
                score: scores.get(id).and_then(|row| row.score),
                uncertain: scores.get(id).and_then(|row| row.uncertain),
                label: labels.get(id).copied(),
                mark_values: (0..n_channels).map(|channel| mark_value(&values, gene, channel)).collect(),
                bins: (0..n_channels).map(|channel| bins(&values, gene, channel)).collect(),
                peaks: (0..n_channels).map(|channel| peak(&values, gene, channel)).collect(),
            })
        };
        let genes = self.genes.iter().map(gene).collect();
        self.samples.push(SampleMap { name: matrix.sample.clone(), genes });
        Ok(())
    }
}

impl GeneMap {
    /// Whether a bin's value is below 0.
    pub fn is_signed(&self) -> bool {
        self.bins.iter().flatten().any(|&value| value < 0.0)
    }
}

fn method(matrix: &Matrix) -> Option<(String, String)> {
    matrix.attribution.as_ref().map(|attribution| (attribution.method.clone(), attribution.unit.clone()))
}

/// 5′ to 3′: of attention in even shares, else as stored.
fn bins(values: &TrackValues, gene: usize, channel: usize) -> Vec<f32> {
    let (matrix, axis) = (values.matrix(), values.channels()[channel].axis);
    let at_place = |place: usize| {
        let value = values.value(gene, channel, axis.turned(&matrix.regions[gene], place));
        if matrix.kind == Kind::Attention { (f64::from(value) / values.even_share(channel)) as f32 } else { value }
    };
    (0..axis.n_positions()).map(at_place).collect()
}

/// See [`Gene::peaks`].
fn peak(values: &TrackValues, gene: usize, channel: usize) -> Option<(i64, f32)> {
    let (region, axis) = (&values.matrix().regions[gene], values.channels()[channel].axis);
    let places = bins(values, gene, channel).into_iter().enumerate();
    let held = places.filter(|(_, value)| value.is_finite() && *value != 0.0);
    let (place, value) = held.reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best })?;
    let position = axis.turned(region, place);
    let from_grid = || axis.span_bp(region, position).map(|bases| bases.start);
    Some((axis.offset_bp(region, position).or_else(from_grid)?, value))
}

fn mark_value(values: &TrackValues, gene: usize, channel: usize) -> f32 {
    let n = values.channels()[channel].axis.n_positions();
    let sum = || (0..n).map(|position| f64::from(values.raw(gene, channel, position))).sum::<f64>();
    match values.matrix().kind {
        Kind::Attention => values.mark_attention(gene, channel),
        Kind::Attribution => sum() as f32,
        Kind::Signal => (sum() / n as f64) as f32,
    }
}
