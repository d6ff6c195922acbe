//! Whether a matrix is like those that a model was trained on.

use std::path::Path;

use anyhow::Result;

use crate::io::FileError;
use crate::learn::{FittedTransform, GeneMeans, MeasuredBy, ModelHeader, Unlike};
use crate::matrix::{Kind, LayerName, Matrix};

/// Refuses a matrix that is not like those that the model was trained on.
pub fn check(path: &Path, header: &ModelHeader, matrix: &Matrix) -> Result<()> {
    let refuse = |problem: String, remedy: &str| Err(FileError::new(path, problem).remedy(remedy).into());
    if matrix.kind != Kind::Signal {
        let problem = format!("holds {:?}, expected signal", matrix.kind).to_lowercase();
        return refuse(problem, "Give the file that attentrack-bin wrote");
    }
    check_sequence(path, header, matrix)?;
    if header.model.reads_signal() {
        check_signal(path, header, matrix)?;
    }
    if let (Some(ours), Some(theirs)) = (&matrix.assembly, &header.assembly)
        && ours != theirs
    {
        tracing::warn!("the model was trained on {theirs}, the matrix is of {ours}");
    }
    Ok(())
}

/// Refuses a matrix without the sequences that the model reads, or with those of another length where it counts.
fn check_sequence(path: &Path, header: &ModelHeader, matrix: &Matrix) -> Result<()> {
    let Some(theirs) = header.sequence else { return Ok(()) };
    let refuse = |problem: String, remedy: String| Err(FileError::new(path, problem).remedy(remedy).into());
    if matrix.layer(LayerName::Sequence).is_none() {
        let remedy = "Make the matrix with attentrack-bin --fasta".to_owned();
        return refuse("has no sequences, and the model reads them".to_owned(), remedy);
    }
    let (ours, theirs) = (matrix.bases.length_bp, theirs.length_bp);
    if ours != theirs && !header.model.takes_any_length() {
        return refuse(
            format!("sequences of {ours} bases: the model was trained on {theirs}"),
            format!("Make the matrix again with --length {theirs}"),
        );
    }
    Ok(())
}

/// Refuses a matrix of other marks or another window.
fn check_signal(path: &Path, header: &ModelHeader, matrix: &Matrix) -> Result<()> {
    let refuse = |problem: String, remedy: &str| Err(FileError::new(path, problem).remedy(remedy).into());
    let (ours, theirs) = (matrix.marks.join(", "), header.marks.join(", "));
    if ours != theirs {
        let (mut sorted, mut expected) = (matrix.marks.clone(), header.marks.clone());
        sorted.sort_unstable();
        expected.sort_unstable();
        let what = if sorted == expected { "the marks are in another order" } else { "the marks differ" };
        return refuse(
            format!("{what}: the model has {theirs}; the matrix {ours}"),
            "Bin the signal again with the model's marks in the model's order",
        );
    }
    let window = |flank: u32, size: u32| format!("±{flank} bp in bins of {size} bp");
    let orientation = |orientation| format!("{orientation:?}").to_lowercase();
    let grid = &matrix.grid;
    let pairs = [
        (
            "window",
            window(header.flank_bp, header.bin_size_bp),
            window(grid.flank_bp(), grid.bin_size_bp()),
            "--flank and --bin-size",
        ),
        ("orientation", orientation(header.orientation), orientation(grid.orientation()), "--orientation"),
        ("statistic", header.statistic.to_string(), matrix.statistic.to_string(), "--statistic"),
    ];
    for (what, theirs, ours, flags) in pairs {
        if ours != theirs {
            return refuse(
                format!("{what}: the model was trained on {theirs}, the matrix has {ours}"),
                &format!("Bin the signal again with the model's {flags}"),
            );
        }
    }
    if header.model.layers().contains(&LayerName::Body) && matrix.layer(LayerName::Body).is_none() {
        return refuse(
            "has no gene bodies, and the model looks at them".to_owned(),
            "Bin the signal again with --body, with genes.bed from attentrack-tss",
        );
    }
    Ok(())
}

/// Measures a new sample by a matrix of all its genes, of which `matrix` holds some.
///
/// # Errors
/// If that matrix is of other marks, bins, files or read options, or the model measures no sample.
pub fn measure_by(whole: &Path, header: &mut ModelHeader, matrix: &Matrix) -> Result<()> {
    let refuse = |problem: String, remedy: &str| Err(FileError::new(whole, problem).remedy(remedy).into());
    if header.transform.transform.measures().is_none() {
        return refuse("the model's transform measures no sample".to_owned(), "Leave --reference out");
    }
    let all = crate::io::bins::read(whole)?;
    check(whole, header, &all)?;
    if !FittedTransform::is_of_one_sample(&all, matrix) {
        let problem = format!("is not the whole of {}: sample, signal files or read options differ", matrix.sample);
        return refuse(problem, "Bin all genes with the very files and options of --bins, under the same --sample");
    }
    header.transform.remember(&all);
    tracing::info!("{}: measured by the {} genes of {}", matrix.sample, all.scorable().count(), whole.display());
    Ok(())
}

/// Says what the signal of a matrix is measured by, where that is the sample's own.
pub fn say_measure(header: &ModelHeader, matrix: &Matrix) {
    let (sample, means) = (&matrix.sample, header.transform.transform.measures().unwrap_or("signal"));
    match header.transform.measured_by(matrix) {
        None => {}
        Some(MeasuredBy::TrainingSample) => {
            tracing::info!("{sample}: measured as in the matrix that the model was trained on");
        }
        Some(MeasuredBy::OwnGenes) => {
            tracing::info!(
                "{sample}: a new sample, measured by the {means} of the genes of this matrix: give all of its genes"
            );
        }
        Some(MeasuredBy::FewOfItsGenes) => tracing::warn!(
            "{sample}: a new sample, measured by the {means} of the {} genes of this matrix, less than half of the training samples': if they are a subset of its genes, their scores differ from those in a matrix of all. Give a matrix of all genes",
            matrix.scorable().count()
        ),
        Some(MeasuredBy::TrainingSamples) => tracing::warn!(
            "{sample}: a new sample of few genes, measured by the {means} of the training samples ({}): scores are right only if its signal is of the same kind and depth. Give a matrix of all genes",
            header.samples.join(", ")
        ),
    }
}

/// Warns of marks whose signal is unlike that of the training samples; `rows` are the model's inputs of
/// `genes` (rows of the matrix).
pub fn warn_if_unlike(header: &ModelHeader, matrix: &Matrix, genes: &[usize], rows: &[f32]) {
    let Some(depends) = header.model.depends_on_scale() else { return };
    let mut means = GeneMeans::new(matrix.n_marks());
    let shape = matrix.row_shape(&header.model.layers());
    if shape.part(LayerName::Window).is_none() {
        return;
    }
    let window = shape.narrow(rows, &matrix.row_shape(&[LayerName::Window]));
    for (&gene, inputs) in genes.iter().zip(window.chunks_exact(matrix.row_size(LayerName::Window))) {
        // nothing was read there, which says nothing of the signal
        if matrix.status[gene].has_data() {
            means.add(inputs);
        }
    }
    let unlike = means.unlike(&header.input_quantiles);
    if unlike.is_empty() {
        return;
    }
    let of_mark = |unlike: &Unlike| {
        let share = 100.0 * unlike.above_median;
        format!("{} ({share:.0} % of the genes above the training samples' median)", matrix.marks[unlike.mark])
    };
    let marks: Vec<String> = unlike.iter().map(of_mark).collect();
    let transform = header.transform.transform;
    let remedy = match transform.depth_scaled() {
        Some(scaled) => format!(
            "If it differs in depth or by a factor, train with --transform {} (config: train.transform), which scales every mark of a sample to the mean of the training samples; if it is of another kind (reads, fold change, P values, calls), make it as theirs was made",
            scaled.name()
        ),
        None => format!(
            "It differs in more than depth, which --transform {} evens out: make the signal as that of the training samples was made, or train without depth scaling where their means hang on a few strong peaks",
            transform.name()
        ),
    };
    let samples = if header.samples.is_empty() { String::new() } else { format!(" ({})", header.samples.join(", ")) };
    tracing::warn!(
        "{}: the signal is unlike that of the training samples{samples} in {}. {} cannot be relied on. {remedy}",
        matrix.sample,
        marks.join(", "),
        depends
    );
}
