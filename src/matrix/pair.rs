//! Two samples of the same genes as one matrix.

use super::{Kind, Layer, LayerName, Matrix, Region, Status};

/// Two matrices that cannot be joined.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PairError {
    /// One holds no signal.
    #[error("{0} is not a signal")]
    NoSignal(String),
    /// They differ in what must be the same.
    #[error("{what}: {b}, but in the other sample {a}")]
    Differ {
        /// What.
        what: &'static str,
        /// In sample A.
        a: String,
        /// In sample B.
        b: String,
    },
}

/// Whether these are the marks of two samples, as [`pair`] names them.
pub fn are_of_pair(marks: &[String]) -> bool {
    let (a, b) = marks.split_at(marks.len() / 2);
    let of = |side: &str, marks: &[String]| -> Option<Vec<String>> {
        marks.iter().map(|mark| mark.strip_prefix(side).map(str::to_owned)).collect()
    };
    !a.is_empty() && of("A:", a).is_some_and(|a| of("B:", b) == Some(a))
}

/// The marks of sample A, then those of sample B, named `A:MARK` and `B:MARK`, of the same genes; the sample is
/// called `B-vs-A` by their names. A gene has signal where one of the samples has some.
///
/// # Errors
/// If marks, genes, window, orientation or statistic differ, or one holds no signal.
pub fn pair(a: &Matrix, b: &Matrix) -> Result<Matrix, PairError> {
    for matrix in [a, b] {
        if matrix.kind != Kind::Signal {
            return Err(PairError::NoSignal(format!("the {} of {}", matrix.kind.name(), matrix.sample)));
        }
        if matrix.layer(LayerName::Window).is_none() {
            return Err(PairError::NoSignal(format!("the DNA of {}", matrix.sample)));
        }
    }
    let window = |m: &Matrix| format!("±{} bp in bins of {} bp", m.grid.flank_bp(), m.grid.bin_size_bp());
    let same = |a: &Region, b: &Region| a.id == b.id && a.tss == b.tss;
    let first_other = a.regions.iter().zip(&b.regions).find(|(a, b)| a.id != b.id);
    let gene = |region: Option<&Region>, m: &Matrix| {
        region.map_or_else(|| format!("{} genes", m.n_regions()), |region| region.id.clone())
    };
    let same_genes = a.n_regions() == b.n_regions() && a.regions.iter().zip(&b.regions).all(|(a, b)| same(a, b));
    let assembly = |m: &Matrix| m.assembly.clone().unwrap_or_else(|| "not stated".to_owned());
    let all = [
        ("marks", a.marks.join(", "), b.marks.join(", "), a.marks == b.marks),
        ("window", window(a), window(b), window(a) == window(b)),
        (
            "orientation",
            a.grid.orientation().name().to_owned(),
            b.grid.orientation().name().to_owned(),
            a.grid.orientation() == b.grid.orientation(),
        ),
        ("statistic", a.statistic.to_string(), b.statistic.to_string(), a.statistic == b.statistic),
        ("assembly", assembly(a), assembly(b), a.assembly == b.assembly),
        (
            "genes",
            gene(first_other.map(|(region, _)| region), a),
            gene(first_other.map(|(_, region)| region), b),
            same_genes,
        ),
    ];
    if let Some((what, a, b, _)) = all.into_iter().find(|(.., same)| !same) {
        return Err(PairError::Differ { what, a, b });
    }
    let sides = [("A", a), ("B", b)];
    let status = |(&a, &b): (&Status, &Status)| match (a, b) {
        (Status::NoChrom, _) | (_, Status::NoChrom) => Status::NoChrom,
        // of two windows at one place both leave the chromosome, or one has no signal
        (Status::Empty, other) => other,
        (some, _) => some,
    };
    let size = a.row_size(LayerName::Window);
    let mut values = Vec::with_capacity(2 * a.n_regions() * size);
    for at in 0..a.n_regions() {
        values.extend_from_slice(a.row(LayerName::Window, at));
        values.extend_from_slice(b.row(LayerName::Window, at));
    }
    let status: Vec<Status> = a.status.iter().zip(&b.status).map(status).collect();
    for (row, status) in values.chunks_exact_mut((2 * size).max(1)).zip(&status) {
        if !status.is_scorable() {
            row.fill(f32::NAN);
        }
    }
    let named = |(side, matrix): (&'static str, &'_ Matrix)| -> Vec<String> {
        matrix.marks.iter().map(|mark| format!("{side}:{mark}")).collect()
    };
    let mut inputs = Vec::new();
    for (side, matrix) in sides {
        inputs.extend(matrix.inputs.iter().cloned().map(|mut input| {
            input.mark = format!("{side}:{}", input.mark);
            input
        }));
    }
    Ok(Matrix {
        kind: Kind::Signal,
        attribution: None,
        sample: format!("{}-vs-{}", b.sample, a.sample),
        assembly: a.assembly.clone(),
        grid: a.grid,
        bases: Default::default(),
        statistic: a.statistic,
        marks: sides.into_iter().flat_map(named).collect(),
        inputs,
        chroms: a.chroms.clone(),
        regions: a.regions.clone(),
        status,
        layers: vec![Layer::new(LayerName::Window, values)],
    })
}
