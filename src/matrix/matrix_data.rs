//! The matrix itself.

use super::{Attribution, Axis, Bases, Input, Kind, Layer, LayerName, Region, RowShape, Statistic, Status};
use crate::genome::{Chroms, Grid};

/// Regions × named layers with everything needed to read them: the content of one `.bins.safetensors` file.
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
    /// The bins around each TSS: the axis of the layer `window`; none of a matrix without windows.
    pub grid: Grid,
    /// The axis of the layer `sequence`; none of a matrix without sequences.
    pub bases: Bases,
    /// What a value means.
    pub statistic: Statistic,
    /// Names of the marks: the channels of the layers that hold their signal.
    pub marks: Vec<String>,
    /// Where each mark came from.
    pub inputs: Vec<Input>,
    /// Chromosomes of the regions, with lengths where known.
    pub chroms: Chroms,
    /// The first axis of every layer.
    pub regions: Vec<Region>,
    /// What became of each region.
    pub status: Vec<Status>,
    /// The values, in the order of [`LayerName::ALL`], each layer at most once.
    pub layers: Vec<Layer>,
}

/// The arrays of a matrix do not fit together.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} has {found} entries where {expected} are expected")]
pub struct ShapeError {
    /// Which array.
    pub what: String,
    /// Its length.
    pub found: usize,
    /// The length that the axes ask for.
    pub expected: usize,
}

impl Matrix {
    /// Number of regions, the first axis of every layer.
    pub fn n_regions(&self) -> usize {
        self.regions.len()
    }

    /// Number of marks.
    pub fn n_marks(&self) -> usize {
        self.marks.len()
    }

    /// Number of bins of a window.
    pub fn n_bins(&self) -> usize {
        self.grid.n_bins()
    }

    /// A layer; `None` where the matrix lacks it.
    pub fn layer(&self, name: LayerName) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// The positions of a layer.
    pub fn axis(&self, name: LayerName) -> Axis {
        name.axis(self.grid, self.bases)
    }

    /// Names of the channels of a layer.
    pub fn channels(&self, name: LayerName) -> &[String] {
        name.channels(self.kind, &self.marks)
    }

    /// Numbers of a row of a layer: channels × positions.
    pub fn row_size(&self, name: LayerName) -> usize {
        self.channels(name).len() * self.axis(name).n_positions()
    }

    /// The values of one region in a layer, row-major [channel, position]; none where the matrix lacks the layer.
    pub fn row(&self, name: LayerName, region: usize) -> &[f32] {
        let size = self.row_size(name);
        self.layer(name).map_or(&[], |layer| &layer.values[region * size..][..size])
    }

    /// The bins of one region and mark.
    pub fn bins(&self, region: usize, mark: usize) -> &[f32] {
        let n_bins = self.n_bins();
        &self.row(LayerName::Window, region)[mark * n_bins..][..n_bins]
    }

    /// What a model reads that looks at these layers.
    pub fn row_shape(&self, layers: &[LayerName]) -> RowShape {
        RowShape::of(layers.iter().map(|&name| (name, self.channels(name).len(), self.axis(name).n_positions())))
    }

    /// The regions that have values, so that a model may be trained on them or score them.
    pub fn scorable(&self) -> impl Iterator<Item = usize> {
        (0..self.n_regions()).filter(|&region| self.status[region].is_scorable())
    }

    /// The same regions with other values.
    pub fn with_layers(&self, kind: Kind, attribution: Option<Attribution>, layers: Vec<Layer>) -> Matrix {
        Matrix {
            kind,
            attribution,
            sample: self.sample.clone(),
            assembly: self.assembly.clone(),
            grid: self.grid,
            bases: self.bases,
            statistic: self.statistic,
            marks: self.marks.clone(),
            inputs: self.inputs.clone(),
            chroms: self.chroms.clone(),
            regions: self.regions.clone(),
            status: self.status.clone(),
            layers,
        }
    }

    /// Checks that every array has the length that the axes ask for, and that the positions of all regions are known
    /// or those of none.
    pub fn check_shape(&self) -> Result<(), ShapeError> {
        let regions = self.n_regions();
        let check = |what: &str, found, expected| {
            if found == expected { Ok(()) } else { Err(ShapeError { what: what.to_owned(), found, expected }) }
        };
        check("status", self.status.len(), regions)?;
        let placed = self.regions.iter().filter(|region| region.tss.is_some()).count();
        if placed > 0 {
            check("tss", placed, regions)?;
        }
        for layer in &self.layers {
            let check = |what: &str, found, expected| check(&layer.name.tensor(what), found, expected);
            let (channels, size) = (self.channels(layer.name).len(), self.row_size(layer.name));
            check("values", layer.values.len(), regions * size)?;
            if let Some(attention) = &layer.attention {
                let of_marks = |values: &Option<Vec<f32>>| values.as_ref().map_or(regions * channels, Vec::len);
                check("mark_values", of_marks(&attention.mark_values), regions * channels)?;
                check("null_values", attention.null_values.len(), size)?;
                if let Some(spread) = &attention.spread {
                    check("values_sd", spread.values.len(), regions * size)?;
                    check("mark_values_sd", of_marks(&spread.mark_values), regions * channels)?;
                }
            }
        }
        Ok(())
    }
}
