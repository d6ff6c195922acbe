//! Where the attention of many genes lies on average.

use super::track::TrackValues;
use super::{LayerName, Matrix};

/// Mean attention by mark and position, of genes of two groups, each gene counted once a sample.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Marks.
    pub marks: Vec<String>,
    /// Bases on either side of the TSS.
    pub flank_bp: u32,
    /// Width of a bin.
    pub bin_size_bp: u32,
    /// Genes of each group.
    pub genes: [u64; 2],
    /// By group: sum of the corrected attention, row-major [mark, bin], bins from 5′ to 3′.
    sums: [Vec<f64>; 2],
    /// Sum of the raw attention to an empty window, [mark, bin], one a matrix.
    null: Vec<f64>,
    matrices: u64,
}

impl Profile {
    /// An empty profile with the axes of a matrix.
    pub fn new(matrix: &Matrix) -> Self {
        let cells = matrix.n_marks() * matrix.n_bins();
        Profile {
            marks: matrix.marks.clone(),
            flank_bp: matrix.grid.flank_bp(),
            bin_size_bp: matrix.grid.bin_size_bp(),
            genes: [0; 2],
            sums: [vec![0.0; cells], vec![0.0; cells]],
            null: vec![0.0; cells],
            matrices: 0,
        }
    }

    /// Whether a matrix has the same axes.
    pub fn fits(&self, matrix: &Matrix) -> bool {
        self.marks == matrix.marks
            && (self.flank_bp, self.bin_size_bp) == (matrix.grid.flank_bp(), matrix.grid.bin_size_bp())
    }

    /// Bins of a window.
    pub fn n_bins(&self) -> usize {
        self.null.len() / self.marks.len().max(1)
    }

    /// Adds the genes that `group` gives a group, 0 or 1, from corrected attention; genes without attention are left out.
    pub fn add(&mut self, values: &TrackValues, group: impl Fn(&str) -> Option<usize>) {
        let matrix = values.matrix();
        let (axis, n_bins) = (matrix.axis(LayerName::Window), matrix.n_bins());
        for (gene, region) in matrix.regions.iter().enumerate() {
            let Some(group) =
                group(&region.id).filter(|_| matrix.row(LayerName::Window, gene).iter().all(|value| value.is_finite()))
            else {
                continue;
            };
            self.genes[group] += 1;
            for mark in 0..matrix.n_marks() {
                for bin in 0..n_bins {
                    let place = axis.turned(region, bin);
                    self.sums[group][mark * n_bins + place] += f64::from(values.value(gene, mark, bin));
                }
            }
        }
        for (at, sum) in self.null.iter_mut().enumerate() {
            *sum += f64::from(values.null(at / n_bins, at % n_bins));
        }
        self.matrices += 1;
    }

    /// Mean corrected attention of a group and mark in even shares (1 where nothing stands out), 5′ to
    /// 3′, with the middle of each bin in bp from the TSS. Empty where the group has no gene.
    pub fn mean(&self, group: usize, mark: usize) -> Vec<(f64, f64)> {
        let genes = self.genes[group];
        if genes == 0 { Vec::new() } else { self.points(&self.sums[group], mark, genes as f64) }
    }

    /// What the models give to an empty window, in even shares; bins as they are stored.
    pub fn null(&self, mark: usize) -> Vec<(f64, f64)> {
        self.points(&self.null, mark, self.matrices.max(1) as f64)
    }

    fn points(&self, sums: &[f64], mark: usize, count: f64) -> Vec<(f64, f64)> {
        let n_bins = self.n_bins();
        let (flank, width) = (f64::from(self.flank_bp), f64::from(self.bin_size_bp));
        let of_bin = |(bin, sum): (usize, &f64)| ((bin as f64 + 0.5) * width - flank, sum / count * n_bins as f64);
        sums[mark * n_bins..(mark + 1) * n_bins].iter().enumerate().map(of_bin).collect()
    }
}
