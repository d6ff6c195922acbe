//! What is known besides the model: planted bins, and a mark that it has not seen.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail};

use super::Args;
use crate::explain::faithfulness::{HeldOut, Known};
use crate::io::table::Table;
use crate::io::{self, FileError};
use crate::matrix::{Kind, LayerName, Matrix, RowShape};

/// What a table of marks says of each cell of the genes' rows: a mark with role `none` says nothing; one with
/// `start_bp` and `end_bp` (from the TSS along the gene, half-open), or with `start_share` and `end_share` (of the gene,
/// 0 at the TSS, 1 behind its last base), decides there and says nothing elsewhere; any other mark is left out, and so
/// is a position that lies partly inside. Where a share of the gene decides and the matrix has bodies, bins of the window
/// that lie inside are left out too: they show bases of the body once more, and a model that reads either is right.
pub fn known(path: &Path, matrix: &Matrix, shape: &RowShape, genes: &[usize]) -> Result<Vec<Known>> {
    let table = Table::read(path)?;
    let is_share = table.find("start_share").is_some();
    let [start, end] = if is_share { ["start_share", "end_share"] } else { ["start_bp", "end_bp"] };
    let [mark, role, start, end] =
        [table.column("mark")?, table.column("role")?, table.column(start)?, table.column(end)?];
    // what is known outside the span that decides, and that span
    let mut of_marks = HashMap::new();
    for row in &table.rows {
        let span = table.number(row, start)?.zip(table.number(row, end)?);
        let elsewhere = if span.is_some() || row.cells[role] == "none" { Known::Nothing } else { Known::Unknown };
        of_marks.insert(row.cells[mark].as_str(), (elsewhere, span));
    }
    let mut known = Vec::with_capacity(genes.len() * shape.size());
    let layers = || shape.parts().iter().map(|part| part.layer);
    for (&gene, layer) in genes.iter().flat_map(|gene| layers().map(move |layer| (gene, layer))) {
        let (axis, region) = (matrix.axis(layer), &matrix.regions[gene]);
        for mark in matrix.channels(layer) {
            let (elsewhere, span) = of_marks.get(mark.as_str()).copied().unwrap_or((Known::Unknown, None));
            let unit = if is_share { region.length_bp().map(|length| length as f64) } else { Some(1.0) };
            let is_copy = is_share && layer == LayerName::Window && matrix.layer(LayerName::Body).is_some();
            let inside = if is_copy { Known::Unknown } else { Known::Decides };
            for position in 0..axis.n_positions() {
                known.push(match (axis.span_bp(region, position), span, unit) {
                    (None, ..) | (_, Some(_), None) => Known::Unknown,
                    (Some(bases), Some((start, end)), Some(unit)) => {
                        at(&bases, start * unit..end * unit, inside).unwrap_or(elsewhere)
                    }
                    (Some(_), None, _) => elsewhere,
                });
            }
        }
    }
    if !known.contains(&Known::Decides) {
        return Err(FileError::new(path, "names no bin of the matrix that decides")
            .remedy("Give the marks of the matrix, with start_bp and end_bp inside its window, or start_share and end_share")
            .into());
    }
    Ok(known)
}

/// What holds for bases that lie in the span that decides: `inside`, not known if they do partly; `None` outside of it.
fn at(bases: &Range<i64>, span: Range<f64>, inside: Known) -> Option<Known> {
    let (start, end) = (bases.start as f64, bases.end as f64);
    let is_outside = end <= span.start || span.end <= start;
    let is_inside = span.start <= start && end <= span.end;
    (!is_outside).then_some(if is_inside { inside } else { Known::Unknown })
}

/// The held-out mark on the genes, in their order.
pub fn held_out(args: &Args, matrix: &Matrix, genes: &[usize]) -> Result<Option<HeldOut>> {
    let (Some(path), Some(name)) = (&args.options.held_out, &args.options.held_out_mark) else { return Ok(None) };
    let Some(mark) = matrix.marks.iter().position(|mark| mark == name) else {
        bail!("--held-out-mark: the model has no mark {name:?}, it has {}. Name one of these", matrix.marks.join(", "));
    };
    let other = io::bins::read(path)?;
    let refuse = |problem: String, remedy: &str| Err(FileError::new(path, problem).remedy(remedy).into());
    if other.kind != Kind::Signal || other.n_marks() != 1 {
        let problem = format!("holds {} of {} marks, expected the signal of one", other.kind.name(), other.n_marks());
        return refuse(problem, "Bin the held-out mark alone, with attentrack-bin");
    }
    if other.grid != matrix.grid {
        return refuse(
            "its bins are not those of the matrix".to_owned(),
            "Bin it with the same --flank, --bin-size and --orientation",
        );
    }
    let rows: HashMap<&str, usize> =
        other.regions.iter().enumerate().map(|(row, region)| (region.id.as_str(), row)).collect();
    let mut signal = Vec::with_capacity(genes.len() * matrix.n_bins());
    for &gene in genes {
        match rows.get(matrix.regions[gene].id.as_str()) {
            Some(&row) => signal.extend(
                other.row(LayerName::Window, row).iter().map(|value| if value.is_finite() { *value } else { 0.0 }),
            ),
            None => {
                return refuse(format!("has no gene {}", matrix.regions[gene].id), "Bin it with the same --genes");
            }
        }
    }
    let axis = matrix.axis(LayerName::Window);
    let flipped = genes.iter().map(|&gene| axis.is_backwards(&matrix.regions[gene])).collect();
    Ok(Some(HeldOut { signal, mark, flipped }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Chroms, Grid, Orientation, Strand, Tss};
    use crate::matrix::{Layer, Region, Statistic, Status};

    /// What is known of one mark of a gene of 3 kb whose second half decides: its 8 bins of 1 kb, and its places.
    fn known_of(layers: &[LayerName]) -> Vec<Known> {
        let tss = Tss { chrom: "chr1".into(), position: 10_000, strand: Strand::Forward };
        let region = Region { tss: Some(tss), end: Some(12_999), ..Region::unplaced("g".into()) };
        let matrix = Matrix {
            kind: Kind::Signal,
            attribution: None,
            sample: "toy".into(),
            assembly: None,
            grid: Grid::new(4000, 1000, Orientation::Gene).unwrap(),
            bases: Default::default(),
            statistic: Statistic::Mean,
            marks: vec!["a".into()],
            inputs: Vec::new(),
            chroms: Chroms::default(),
            regions: vec![region],
            status: vec![Status::Ok],
            layers: layers.iter().map(|&name| Layer::new(name, vec![0.0; 12])).collect(),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.tsv");
        std::fs::write(&path, "mark\trole\tstart_share\tend_share\na\traises\t0.5\t1\n").unwrap();
        known(&path, &matrix, &matrix.row_shape(layers), &[0]).unwrap()
    }

    #[test]
    fn bases_that_two_layers_show_count_once() {
        use Known::{Decides, Nothing, Unknown};
        let window = known_of(&[LayerName::Window]);
        assert_eq!(window, [Nothing, Nothing, Nothing, Nothing, Nothing, Unknown, Decides, Nothing]);
        let both = known_of(&LayerName::SIGNAL);
        assert_eq!(both[..8], [Nothing, Nothing, Nothing, Nothing, Nothing, Unknown, Unknown, Nothing]);
        assert!(both[8..].contains(&Decides) && both[8..].contains(&Nothing));
    }
}
