//! The matrix itself.

use super::{Attribution, Input, Kind, Statistic, Status};
use crate::genome::{Chroms, Grid, Orientation, Strand, Tss};

/// Values [gene, mark, bin] with everything needed to read them: the content of one
/// `.bins.safetensors` file.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Signal, attention or attribution.
    pub kind: Kind,
    /// How an attribution was made; `None` of other kinds.
    pub attribution: Option<Attribution>,
    /// Sample that the signal is of.
    pub sample: String,
    /// Genome assembly, if it was stated.
    pub assembly: Option<String>,
    /// The bins around each TSS.
    pub grid: Grid,
    /// What a value means.
    pub statistic: Statistic,
    /// Names of the second axis.
    pub marks: Vec<String>,
    /// Where each mark came from.
    pub inputs: Vec<Input>,
    /// Chromosomes of the genes, with lengths where known.
    pub chroms: Chroms,
    /// Ids of the first axis.
    pub gene_ids: Vec<String>,
    /// What became of each gene.
    pub status: Vec<Status>,
    /// TSS of each gene, or `None` where positions are unknown (an imported DeepChrome CSV).
    pub tss: Option<Vec<Tss>>,
    /// Row-major [gene, mark, bin]; NaN is a missing value.
    pub values: Vec<f32>,
    /// Signal along the genes' bodies, row-major [gene, mark, part] of [`BODY_PARTS`](super::BODY_PARTS) parts 5′ to
    /// 3′, in the unit of the statistic for 500 bp; NaN of genes whose end is not known. `None` where it was not binned.
    pub body: Option<Vec<f32>>,
    /// Present in attention files.
    pub attention: Option<Attention>,
}

/// What an attention file holds besides the bin attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Mark attention, row-major [gene, mark]; sums to 1 over marks. NaN rows for unscored genes. `None` of
    /// a model without mark attention.
    pub mark_values: Option<Vec<f32>>,
    /// Bin attention that the model gives to an empty window, row-major [mark, bin].
    pub null_values: Vec<f32>,
    /// Present where the attentions are means over the members of an ensemble.
    pub spread: Option<AttentionSpread>,
}

/// Sample standard deviations over the members of an ensemble. NaN rows for unscored genes.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionSpread {
    /// Of the bin attention, row-major [gene, mark, bin].
    pub values: Vec<f32>,
    /// Of the mark attention, row-major [gene, mark], where there is one.
    pub mark_values: Option<Vec<f32>>,
}

/// The arrays of a matrix do not fit together.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} has {found} entries where {expected} are expected")]
pub struct ShapeError {
    /// Which array.
    pub what: &'static str,
    /// Its length.
    pub found: usize,
    /// The length that the axes ask for.
    pub expected: usize,
}

impl Matrix {
    /// Number of genes, the first axis.
    pub fn n_genes(&self) -> usize {
        self.gene_ids.len()
    }

    /// Number of marks, the second axis.
    pub fn n_marks(&self) -> usize {
        self.marks.len()
    }

    /// Number of bins, the third axis.
    pub fn n_bins(&self) -> usize {
        self.grid.n_bins()
    }

    /// Whether the stored bins of a gene run from 3′ to 5′; false where its strand is unknown.
    pub fn is_backwards(&self, gene: usize) -> bool {
        let reverse = self.tss.as_ref().is_some_and(|tss| tss[gene].strand == Strand::Reverse);
        self.grid.orientation() == Orientation::Genome && reverse
    }

    /// The values of one gene, row-major [mark, bin].
    pub fn gene(&self, gene: usize) -> &[f32] {
        let size = self.n_marks() * self.n_bins();
        &self.values[gene * size..(gene + 1) * size]
    }

    /// The bins of one gene and mark.
    pub fn bins(&self, gene: usize, mark: usize) -> &[f32] {
        let n_bins = self.n_bins();
        &self.gene(gene)[mark * n_bins..(mark + 1) * n_bins]
    }

    /// The bodies of some genes, row-major [gene, mark, part].
    pub fn bodies(&self, genes: &[usize]) -> Option<Vec<f32>> {
        let size = self.n_marks() * super::BODY_PARTS;
        let body = self.body.as_ref()?;
        Some(genes.iter().flat_map(|&gene| &body[gene * size..][..size]).copied().collect())
    }

    /// Checks that every array has the length that the axes ask for.
    pub fn check_shape(&self) -> Result<(), ShapeError> {
        let (genes, marks, bins) = (self.n_genes(), self.n_marks(), self.n_bins());
        let check = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(ShapeError { what, found, expected }) }
        };
        check("values", self.values.len(), genes * marks * bins)?;
        check("status", self.status.len(), genes)?;
        if let Some(tss) = &self.tss {
            check("tss", tss.len(), genes)?;
        }
        if let Some(body) = &self.body {
            check("body", body.len(), genes * marks * super::BODY_PARTS)?;
        }
        if let Some(attention) = &self.attention {
            let mark_values = |values: &Option<Vec<f32>>| values.as_ref().map_or(genes * marks, Vec::len);
            check("mark_values", mark_values(&attention.mark_values), genes * marks)?;
            check("null_values", attention.null_values.len(), marks * bins)?;
            if let Some(spread) = &attention.spread {
                check("values_sd", spread.values.len(), genes * marks * bins)?;
                check("mark_values_sd", mark_values(&spread.mark_values), genes * marks)?;
            }
        }
        Ok(())
    }
}
