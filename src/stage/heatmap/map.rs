//! What is shown of each gene and sample.

use crate::genome::Grid;
use crate::matrix::track::{TrackError, TrackValue, TrackValues};
use crate::matrix::{ByGene, Kind, Labels, LayerName, Matrix, Predictions, Status};

/// Genes by samples.
pub struct Map {
    /// Ids, in the order of the command line.
    pub genes: Vec<String>,
    /// Names of the marks.
    pub marks: Vec<String>,
    /// Bins around a TSS.
    pub grid: Grid,
    /// What the numbers are.
    pub kind: Kind,
    /// Method and unit of an attribution.
    pub method: Option<(String, String)>,
    /// In the order of the command line.
    pub samples: Vec<Sample>,
}

/// One sample.
pub struct Sample {
    /// Its name.
    pub name: String,
    /// One a gene; `None` of a gene that the sample's file lacks.
    pub genes: Vec<Option<Gene>>,
}

/// One gene in one sample.
pub struct Gene {
    /// What became of its window.
    pub status: Status,
    /// Score, where predictions were given.
    pub score: Option<f64>,
    /// Whether the score may as well be on the other side of the threshold, where the model says so.
    pub uncertain: Option<bool>,
    /// Label, where labels were given.
    pub label: Option<f64>,
    /// One a mark; NaN where there is none.
    pub mark_values: Vec<f32>,
    /// Row-major [mark, bin], 5′ to 3′; NaN where there is none.
    pub bins: Vec<f32>,
    /// From the TSS to the 5′ base of the first bin, in bp along the gene.
    pub first_bp: i64,
}

impl Map {
    /// Without any sample yet.
    pub fn new(matrix: &Matrix, genes: Vec<String>) -> Self {
        Map {
            genes,
            marks: matrix.marks.clone(),
            grid: matrix.grid,
            kind: matrix.kind,
            method: method(matrix),
            samples: Vec::new(),
        }
    }

    /// What keeps a matrix from being shown beside the others.
    pub fn difference(&self, matrix: &Matrix) -> Option<&'static str> {
        let window = |grid: Grid| (grid.flank_bp(), grid.bin_size_bp());
        match () {
            () if self.kind != matrix.kind => Some("its values (signal, attention or attribution)"),
            () if self.method != method(matrix) => Some("method and unit of its attribution"),
            () if self.marks != matrix.marks => Some("its marks"),
            () if window(self.grid) != window(matrix.grid) => Some("its window and bins"),
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
        let window = matrix.layer(LayerName::Window).and_then(|layer| layer.attention.as_ref());
        let has_marks = window.is_some_and(|attention| attention.mark_values.is_some());
        let value = match matrix.kind {
            Kind::Attention if has_marks => TrackValue::JointCorrected,
            Kind::Attention => TrackValue::Corrected,
            _ => TrackValue::Raw,
        };
        let values = TrackValues::new(matrix, value)?;
        let row_of: ByGene<usize> =
            matrix.regions.iter().enumerate().map(|(at, region)| (region.id.as_str(), at)).collect();
        let scores: ByGene<_> =
            predictions.iter().flat_map(|all| &all.rows).map(|row| (row.gene_id.as_str(), row)).collect();
        let labels = labels.map(Labels::by_gene).unwrap_or_default();
        let gene = |id: &String| {
            let gene = *row_of.get(id.as_str())?;
            let is_backwards = matrix.axis(LayerName::Window).is_backwards(&matrix.regions[gene]);
            Some(Gene {
                status: matrix.status[gene],
                score: scores.get(id.as_str()).and_then(|row| row.score),
                uncertain: scores.get(id.as_str()).and_then(|row| row.uncertain),
                label: labels.get(id.as_str()).copied(),
                mark_values: (0..matrix.n_marks()).map(|mark| mark_value(&values, gene, mark)).collect(),
                bins: bins(&values, gene, is_backwards),
                // stored along the genome, the window of a minus-strand gene begins a base further in
                first_bp: matrix.grid.offset_bp(0) + i64::from(is_backwards),
            })
        };
        let genes = self.genes.iter().map(gene).collect();
        self.samples.push(Sample { name: matrix.sample.clone(), genes });
        Ok(())
    }

    /// Genes that no sample has.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let is_missing = |gene: usize| self.samples.iter().all(|sample| sample.genes[gene].is_none());
        (0..self.genes.len()).filter(move |&gene| is_missing(gene)).map(|gene| self.genes[gene].as_str())
    }

    /// Bins of a window.
    pub fn n_bins(&self) -> usize {
        self.grid.n_bins()
    }
}

impl Gene {
    /// From the TSS to the 5′ base of a bin, in bp along the gene.
    pub fn offset_bp(&self, bin: usize, grid: Grid) -> i64 {
        self.first_bp + bin as i64 * i64::from(grid.bin_size_bp())
    }

    /// Whether a bin's value is below 0.
    pub fn is_signed(&self) -> bool {
        self.bins.iter().any(|&value| value < 0.0)
    }

    /// The bin of a mark that is furthest from 0, with its value; the first of equal ones. `None` where no
    /// bin has a value, or all are 0.
    pub fn peak(&self, mark: usize) -> Option<(usize, f32)> {
        let n_bins = self.bins.len() / self.mark_values.len();
        let bins = self.bins[mark * n_bins..][..n_bins].iter().copied().enumerate();
        let held = bins.filter(|(_, value)| value.is_finite() && *value != 0.0);
        held.reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best })
    }
}

fn method(matrix: &Matrix) -> Option<(String, String)> {
    matrix.attribution.as_ref().map(|attribution| (attribution.method.clone(), attribution.unit.clone()))
}

/// Row-major [mark, bin], 5′ to 3′: of attention in even shares, else as stored.
fn bins(values: &TrackValues, gene: usize, is_backwards: bool) -> Vec<f32> {
    let matrix = values.matrix();
    let (marks, n_bins) = (matrix.n_marks(), matrix.n_bins());
    let of_bin = |mark: usize, place: usize| {
        let bin = if is_backwards { n_bins - 1 - place } else { place };
        let value = values.value(gene, mark, bin);
        if matrix.kind == Kind::Attention { (f64::from(value) / values.even_share(mark)) as f32 } else { value }
    };
    (0..marks).flat_map(|mark| (0..n_bins).map(move |place| (mark, place))).map(|(mark, at)| of_bin(mark, at)).collect()
}

fn mark_value(values: &TrackValues, gene: usize, mark: usize) -> f32 {
    let matrix = values.matrix();
    let bins = matrix.bins(gene, mark);
    let sum = || bins.iter().map(|&value| f64::from(value)).sum::<f64>();
    match matrix.kind {
        Kind::Attention => values.mark_attention(gene, mark),
        Kind::Attribution => sum() as f32,
        Kind::Signal => (sum() / bins.len() as f64) as f32,
    }
}
