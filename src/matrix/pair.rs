//! Two samples of the same genes as one matrix.

use super::{Kind, Matrix, Status};

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
    }
    let window = |m: &Matrix| format!("±{} bp in bins of {} bp", m.grid.flank_bp(), m.grid.bin_size_bp());
    let first_other = a.gene_ids.iter().zip(&b.gene_ids).find(|(a, b)| a != b);
    let gene = |id: Option<&String>, m: &Matrix| id.cloned().unwrap_or_else(|| format!("{} genes", m.n_genes()));
    let same_genes = a.gene_ids == b.gene_ids && a.tss == b.tss;
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
        ("genes", gene(first_other.map(|(id, _)| id), a), gene(first_other.map(|(_, id)| id), b), same_genes),
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
    let mut values = Vec::with_capacity(2 * a.values.len());
    for at in 0..a.n_genes() {
        values.extend_from_slice(a.gene(at));
        values.extend_from_slice(b.gene(at));
    }
    let mut status: Vec<Status> = a.status.iter().zip(&b.status).map(status).collect();
    for (at, status) in status.iter_mut().enumerate().filter(|(_, status)| **status == Status::NoChrom) {
        debug_assert!(!status.is_scorable());
        values[2 * at * a.gene(at).len()..][..2 * a.gene(at).len()].fill(f32::NAN);
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
        statistic: a.statistic,
        marks: sides.into_iter().flat_map(named).collect(),
        inputs,
        chroms: a.chroms.clone(),
        gene_ids: a.gene_ids.clone(),
        status: std::mem::take(&mut status),
        tss: a.tss.clone(),
        values,
        body: None,
        attention: None,
    })
}
