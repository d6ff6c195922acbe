//! What a model reads of a region: layers, one after the other in one row.

use std::ops::Range;

use super::LayerName;

/// The layers of a row, in order, each row-major [channel, position].
///
/// ```
/// use attentrack::matrix::{LayerName, RowShape};
///
/// // 5 marks in 100 bins around the TSS, then at 12 parts of the body
/// let shape = RowShape::of([(LayerName::Window, 5, 100), (LayerName::Body, 5, 12)]);
/// assert_eq!(shape.size(), 560);
/// // where the second mark stands in each layer
/// assert_eq!(shape.channels().nth(1), Some(100..200));
/// assert_eq!(shape.channels().nth(6), Some(512..524));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowShape {
    parts: Vec<RowPart>,
}

/// One layer of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPart {
    /// Which layer.
    pub layer: LayerName,
    /// Its numbers in a row.
    pub range: Range<usize>,
    /// Positions of a channel.
    pub positions: usize,
}

impl RowPart {
    /// Where in a row each of the layer's channels is, in order.
    pub fn channels(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (range, positions) = (self.range.clone(), self.positions);
        range.step_by(positions.max(1)).map(move |start| start..start + positions)
    }
}

impl RowShape {
    /// Rows of windows alone.
    pub fn window(n_marks: usize, n_bins: usize) -> Self {
        RowShape::of([(LayerName::Window, n_marks, n_bins)])
    }

    /// Rows of layers with so many channels and positions.
    pub fn of(layers: impl IntoIterator<Item = (LayerName, usize, usize)>) -> Self {
        let mut start = 0;
        let part = |(layer, channels, positions)| {
            let range = start..start + channels * positions;
            start = range.end;
            RowPart { layer, range, positions }
        };
        RowShape { parts: layers.into_iter().map(part).collect() }
    }

    /// The layers, in order.
    pub fn parts(&self) -> &[RowPart] {
        &self.parts
    }

    /// Names of the layers, in order.
    pub fn layers(&self) -> Vec<LayerName> {
        self.parts.iter().map(|part| part.layer).collect()
    }

    /// One of the layers; `None` where rows lack it.
    pub fn part(&self, layer: LayerName) -> Option<&RowPart> {
        self.parts.iter().find(|part| part.layer == layer)
    }

    /// Numbers of a row.
    pub fn size(&self) -> usize {
        self.parts.last().map_or(0, |part| part.range.end)
    }

    /// Where in a row each channel of each layer is, in order.
    pub fn channels(&self) -> impl Iterator<Item = Range<usize>> {
        self.parts.iter().flat_map(RowPart::channels)
    }

    /// Takes from rows of this shape the layers of another one, which has some or all of them.
    pub fn narrow(&self, rows: &[f32], to: &RowShape) -> Vec<f32> {
        let kept: Vec<Range<usize>> =
            to.parts.iter().filter_map(|part| self.part(part.layer)).map(|part| part.range.clone()).collect();
        let of_row = |row: &[f32]| kept.iter().flat_map(|range| row[range.clone()].to_vec()).collect::<Vec<f32>>();
        rows.chunks_exact(self.size().max(1)).flat_map(of_row).collect()
    }

    /// Rows of this shape from those of another one, which has fewer of the same layers or as many; 0 in the others.
    pub fn widen(&self, rows: &[f32], from: &RowShape) -> Vec<f32> {
        let (size, own) = (self.size(), from.size().max(1));
        let mut all = vec![0.0; rows.len() / own * size];
        for (all, row) in all.chunks_exact_mut(size.max(1)).zip(rows.chunks_exact(own)) {
            for part in &from.parts {
                if let Some(place) = self.part(part.layer) {
                    all[place.range.clone()].copy_from_slice(&row[part.range.clone()]);
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_follow_one_another_channel_by_channel() {
        let shape = RowShape::of([(LayerName::Window, 2, 3), (LayerName::Body, 2, 2)]);
        assert_eq!(shape.size(), 10);
        assert_eq!(shape.channels().collect::<Vec<_>>(), [0..3, 3..6, 6..8, 8..10]);
        let rows: Vec<f32> = (0..20u8).map(f32::from).collect();
        let window = RowShape::window(2, 3);
        let narrow = shape.narrow(&rows, &window);
        assert_eq!(narrow, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0]);
        let wide = shape.widen(&narrow, &window);
        assert_eq!(wide[..10], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(wide[10..16], rows[10..16]);
        assert_eq!(shape.narrow(&rows, &shape), rows);
    }
}
