//! The matrix file, `.bins.safetensors`: binned signal, attention or attribution.
//!
//! Tensors: `values` f32 [gene, mark, bin]; `chrom` i32 \[gene\] (index into the header's `chroms`),
//! `tss` i64 \[gene\] (0-based), `strand` i8 \[gene\] (1 or −1), absent where positions are unknown; `body` f32
//! [gene, mark, 12] where the genes' bodies were binned too;
//! in attention files also `mark_values` f32 [gene, mark] and `null_values` f32 [mark, bin]; in those of
//! an ensemble, whose attentions are the members' means, the sample standard deviations over the
//! members `values_sd` f32 [gene, mark, bin] and `mark_values_sd` f32 [gene, mark].

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::tensor::Dtype;

use super::safetensors_file::{self, RawTensor, TensorPlaces, TensorView};
use super::{FileError, Result};
use crate::genome::{Grid, HiddenCharacter, Strand, Tss};
use crate::matrix::{Attention, AttentionSpread, BODY_PARTS, FORMAT, FORMAT_VERSION, Header, Matrix, ShapeError};

/// Largest position that is read; arithmetic with any window stays far from the ends of a number.
const LAST_POSITION: u64 = 1 << 40;
/// Longest name of a chromosome that is read, in bytes.
const LONGEST_CHROM: usize = 1024;

/// Writes a matrix, whole or not at all.
pub fn write(path: &Path, matrix: &Matrix) -> Result<()> {
    matrix.check_shape().map_err(|error| FileError::new(path, format!("cannot write the matrix: {error}")))?;
    let header = Header {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: matrix.kind,
        attribution: matrix.attribution.clone(),
        sample: matrix.sample.clone(),
        assembly: matrix.assembly.clone(),
        flank_bp: matrix.grid.flank_bp(),
        bin_size_bp: matrix.grid.bin_size_bp(),
        orientation: matrix.grid.orientation(),
        statistic: matrix.statistic,
        marks: matrix.marks.clone(),
        inputs: matrix.inputs.clone(),
        chroms: matrix.chroms.as_slice().to_vec(),
        genes: matrix.gene_ids.clone(),
        status: matrix.status.clone(),
    };
    let (genes, marks, bins) = (matrix.n_genes(), matrix.n_marks(), matrix.n_bins());
    let mut places = Vec::new();
    if let Some(tss) = &matrix.tss {
        let mut chrom = Vec::with_capacity(genes);
        for site in tss {
            let index = matrix.chroms.index_of(&site.chrom);
            let index = index.ok_or_else(|| {
                FileError::new(path, format!("cannot write the matrix: chromosome {} is not in its list", site.chrom))
            })?;
            chrom.push(index as i32);
        }
        let position: Vec<i64> = tss.iter().map(|site| site.position as i64).collect();
        let strand: Vec<i8> = tss.iter().map(|site| if site.strand == Strand::Forward { 1 } else { -1 }).collect();
        places.push(("chrom", RawTensor::of_i32(&[genes], &chrom)));
        places.push(("tss", RawTensor::of_i64(&[genes], &position)));
        places.push(("strand", RawTensor::of_i8(&[genes], &strand)));
    }
    let mut tensors: Vec<_> = places.iter().map(|(name, tensor)| (*name, TensorView::from(tensor))).collect();
    tensors.push(("values", TensorView::of_f32(&[genes, marks, bins], &matrix.values)));
    if let Some(body) = &matrix.body {
        tensors.push(("body", TensorView::of_f32(&[genes, marks, BODY_PARTS], body)));
    }
    if let Some(attention) = &matrix.attention {
        if let Some(mark_values) = &attention.mark_values {
            tensors.push(("mark_values", TensorView::of_f32(&[genes, marks], mark_values)));
        }
        tensors.push(("null_values", TensorView::of_f32(&[marks, bins], &attention.null_values)));
        if let Some(spread) = &attention.spread {
            tensors.push(("values_sd", TensorView::of_f32(&[genes, marks, bins], &spread.values)));
            if let Some(mark_values) = &spread.mark_values {
                tensors.push(("mark_values_sd", TensorView::of_f32(&[genes, marks], mark_values)));
            }
        }
    }
    safetensors_file::write_views(path, &header, &tensors)
}

/// Reads a matrix and checks that header and tensors agree.
pub fn read(path: &Path) -> Result<Matrix> {
    let (header, mut tensors): (Header, _) = safetensors_file::read(path, "matrix")?;
    let mut matrix = without_tensors(path, header)?;
    let (genes, marks, bins) = (matrix.n_genes(), matrix.n_marks(), matrix.n_bins());
    // the number of values alone would let two axes change places
    let shapes: [(&str, &[usize]); 9] = [
        ("values", &[genes, marks, bins]),
        ("chrom", &[genes]),
        ("tss", &[genes]),
        ("strand", &[genes]),
        ("body", &[genes, marks, BODY_PARTS]),
        ("mark_values", &[genes, marks]),
        ("null_values", &[marks, bins]),
        ("values_sd", &[genes, marks, bins]),
        ("mark_values_sd", &[genes, marks]),
    ];
    for (name, expected) in shapes {
        if let Some(tensor) = tensors.get(name) {
            check_axes(path, name, &tensor.shape, expected)?;
        }
    }
    matrix.values = take(path, &mut tensors, "values", RawTensor::to_f32)?;
    if tensors.contains_key("tss") {
        let chrom = take(path, &mut tensors, "chrom", RawTensor::to_i32)?;
        let position = take(path, &mut tensors, "tss", RawTensor::to_i64)?;
        let strand = take(path, &mut tensors, "strand", RawTensor::to_i8)?;
        let mut tss = Vec::with_capacity(position.len());
        for ((&chrom, &position), &strand) in chrom.iter().zip(&position).zip(&strand) {
            let name = usize::try_from(chrom).ok().and_then(|at| matrix.chroms.as_slice().get(at));
            let name = name.ok_or_else(|| {
                FileError::new(path, format!("chromosome index {chrom} is not in the header")).place("tensor chrom")
            })?;
            let position =
                u64::try_from(position).ok().filter(|&position| position <= LAST_POSITION).ok_or_else(|| {
                    let problem = format!("position {position} is on no chromosome");
                    FileError::new(path, problem).place("tensor tss").remedy("Make the file again")
                })?;
            let strand = if strand >= 0 { Strand::Forward } else { Strand::Reverse };
            tss.push(Tss { chrom: name.name.clone(), position, strand });
        }
        matrix.tss = Some(tss);
    }
    if tensors.contains_key("body") {
        matrix.body = Some(take(path, &mut tensors, "body", RawTensor::to_f32)?);
    }
    if tensors.contains_key("null_values") {
        let mut take_some = |name: &str| {
            tensors.contains_key(name).then(|| take(path, &mut tensors, name, RawTensor::to_f32)).transpose()
        };
        let (mark_values, mark_values_sd) = (take_some("mark_values")?, take_some("mark_values_sd")?);
        let null_values = take(path, &mut tensors, "null_values", RawTensor::to_f32)?;
        let spread = if tensors.contains_key("values_sd") {
            let values = take(path, &mut tensors, "values_sd", RawTensor::to_f32)?;
            Some(AttentionSpread { values, mark_values: mark_values_sd })
        } else {
            None
        };
        matrix.attention = Some(Attention { mark_values, null_values, spread });
    }
    matrix.check_shape().map_err(|error| disagreement(path, &error))?;
    Ok(matrix)
}

/// Opens a matrix whose values stay in the file. Of the matrix that comes with it `values` is empty,
/// and positions and attention are left out.
pub fn open(path: &Path) -> Result<(Matrix, GeneRows)> {
    let (header, places): (Header, _) = safetensors_file::open(path, "matrix")?;
    let matrix = without_tensors(path, header)?;
    let (dtype, shape) = places.dtype_and_shape("values").ok_or_else(|| no_tensor(path, "values"))?;
    if dtype != Dtype::F32 {
        return Err(unexpected_type(path, "values", dtype));
    }
    let axes = [matrix.n_genes(), matrix.n_marks(), matrix.n_bins()];
    check_axes(path, "values", shape, &axes)?;
    if let Some((_, shape)) = places.dtype_and_shape("body") {
        check_axes(path, "body", shape, &[axes[0], axes[1], BODY_PARTS])?;
    }
    if matrix.status.len() != matrix.n_genes() {
        let (found, expected) = (matrix.status.len(), matrix.n_genes());
        return Err(disagreement(path, &ShapeError { what: "status", found, expected }));
    }
    Ok((matrix, GeneRows { path: path.to_owned(), places }))
}

/// The values of a matrix file, to be read a run of genes at a time. Files are opened for each read,
/// so that any number of them can be in use.
#[derive(Clone, Debug)]
pub struct GeneRows {
    path: PathBuf,
    places: TensorPlaces,
}

impl GeneRows {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the genes' bodies are in the file too.
    pub fn has_bodies(&self) -> bool {
        self.places.dtype_and_shape("body").is_some()
    }

    /// The values of genes in a row, row-major [gene, mark, bin].
    ///
    /// # Errors
    /// If the file cannot be read any more, or has fewer genes.
    pub fn read(&self, genes: Range<usize>) -> Result<Vec<f32>> {
        let tensor = self.places.read("values", Some(genes))?;
        tensor.to_f32().ok_or_else(|| unexpected_type(&self.path, "values", tensor.dtype))
    }
}

/// What the header alone says, after checking that this build can read it.
fn without_tensors(path: &Path, header: Header) -> Result<Matrix> {
    if header.format != FORMAT {
        return Err(FileError::new(path, format!("is a {:?} file, expected {FORMAT:?}", header.format))
            .remedy("Give a .bins.safetensors file"));
    }
    if header.format_version > FORMAT_VERSION {
        return Err(FileError::new(
            path,
            format!("has format version {}, this attentrack reads up to {FORMAT_VERSION}", header.format_version),
        )
        .remedy(format!("It was written by attentrack {}: upgrade this one", header.tool_version)));
    }
    let hidden = |error: HiddenCharacter| {
        FileError::new(path, error.to_string()).place("header").remedy(HiddenCharacter::REMEDY)
    };
    header.check_texts().map_err(hidden)?;
    // each gene is given its chromosome's name: a long one would count as often as there are genes
    if let Some(chrom) = header.chroms.iter().find(|chrom| chrom.name.len() > LONGEST_CHROM) {
        let problem = format!("names a chromosome with {} bytes, more than {LONGEST_CHROM}", chrom.name.len());
        return Err(FileError::new(path, problem).place("header").remedy("Make the file again"));
    }
    let grid = Grid::new(header.flank_bp, header.bin_size_bp, header.orientation)
        .map_err(|error| FileError::new(path, error.to_string()).place("header"))?;
    Ok(Matrix {
        kind: header.kind,
        attribution: header.attribution,
        sample: header.sample,
        assembly: header.assembly,
        grid,
        statistic: header.statistic,
        marks: header.marks,
        inputs: header.inputs,
        chroms: header.chroms.into_iter().collect(),
        gene_ids: header.genes,
        status: header.status,
        tss: None,
        values: Vec::new(),
        body: None,
        attention: None,
    })
}

fn disagreement(path: &Path, error: &ShapeError) -> FileError {
    FileError::new(path, format!("header and tensors disagree: {error}")).remedy("Make the file again")
}

fn check_axes(path: &Path, name: &str, found: &[usize], expected: &[usize]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let problem = format!("has the axes {found:?}, where the header asks for {expected:?}");
    Err(FileError::new(path, problem).place(format!("tensor {name}")).remedy("Make the file again"))
}

fn no_tensor(path: &Path, name: &str) -> FileError {
    FileError::new(path, format!("has no tensor {name:?}")).remedy("Give a .bins.safetensors file")
}

fn unexpected_type(path: &Path, name: &str, dtype: Dtype) -> FileError {
    FileError::new(path, format!("unexpected element type {dtype:?}")).place(format!("tensor {name}"))
}

fn take<T>(
    path: &Path,
    tensors: &mut HashMap<String, RawTensor>,
    name: &str,
    convert: fn(&RawTensor) -> Option<Vec<T>>,
) -> Result<Vec<T>> {
    let tensor = tensors.remove(name).ok_or_else(|| no_tensor(path, name))?;
    convert(&tensor).ok_or_else(|| unexpected_type(path, name, tensor.dtype))
}
