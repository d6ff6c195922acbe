//! The matrix file, `.bins.safetensors`: binned signal, attention or attribution.
//!
//! Tensors: `chrom` i32 \[region\] (index into the header's `chroms`), `tss` i64 \[region\] (0-based), `strand` i8
//! \[region\] (1 or −1), absent where positions are unknown; `end` i64 \[region\] (0-based position of the last base, −1
//! where it is unknown), absent where no end is known. A layer has `values` [region, channel, position]; in attention
//! files also `mark_values` f32 [region, channel] and `null_values` f32 [channel, position]; in those of an ensemble,
//! whose attentions are the members' means, the sample standard deviations over the members `values_sd` f32 [region,
//! channel, position] and `mark_values_sd` f32 [region, channel]. These are the names of the layer `window`; of the layer
//! `body` they are `body`, `body.mark_values` and so on. Values are written as f32, and read from f32, f16, bf16 and u8.
//!
//! A matrix holds a window, sequences, or both. The signal of the layer `sequence` is a byte a base, `sequence` u8 [region,
//! position]: 0 to 3 for A, C, G, T, and 4 for a base that is not known.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::Dtype;

use super::safetensors_file::{self, RawTensor, TensorView};
use super::{FileError, Result};
use crate::genome::{Grid, HiddenCharacter, Strand, Tss};
use crate::matrix::{
    Attention, AttentionSpread, Bases, FORMAT, FORMAT_VERSION, Header, Kind, Layer, LayerName, Matrix, Region,
    ShapeError, codes, one_hot,
};

pub use rows::{LayerRows, open};

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
        sequence: (matrix.bases != Bases::default()).then_some(matrix.bases),
        statistic: matrix.statistic,
        marks: matrix.marks.clone(),
        inputs: matrix.inputs.clone(),
        chroms: matrix.chroms.as_slice().to_vec(),
        genes: matrix.regions.iter().map(|region| region.id.clone()).collect(),
        symbols: symbols(&matrix.regions),
        status: matrix.status.clone(),
    };
    let mut places = places(path, matrix)?;
    places.extend(sequences(matrix));
    let mut tensors: Vec<(String, TensorView)> =
        places.iter().map(|(name, tensor)| ((*name).to_owned(), TensorView::from(tensor))).collect();
    for layer in matrix.layers.iter().filter(|layer| !is_coded(matrix.kind, layer.name)) {
        put_layer(&mut tensors, matrix, layer);
    }
    let tensors: Vec<(&str, TensorView)> = tensors.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    safetensors_file::write_views(path, &header, &tensors)
}

fn symbols(regions: &[Region]) -> Vec<Option<String>> {
    if regions.iter().all(|region| region.symbol.is_none()) {
        return Vec::new();
    }
    regions.iter().map(|region| region.symbol.clone()).collect()
}

/// The tensors that say where regions are.
fn places(path: &Path, matrix: &Matrix) -> Result<Vec<(&'static str, RawTensor)>> {
    let n = [matrix.n_regions()];
    let mut places = Vec::new();
    let tss: Vec<&Tss> = matrix.regions.iter().filter_map(|region| region.tss.as_ref()).collect();
    if !tss.is_empty() {
        let index = |site: &&Tss| {
            let index = matrix.chroms.index_of(&site.chrom).map(|index| index as i32);
            index.ok_or_else(|| {
                FileError::new(path, format!("cannot write the matrix: chromosome {} is not in its list", site.chrom))
            })
        };
        let chrom = tss.iter().map(index).collect::<Result<Vec<i32>>>()?;
        let position: Vec<i64> = tss.iter().map(|site| site.position as i64).collect();
        let strand: Vec<i8> = tss.iter().map(|site| if site.strand == Strand::Forward { 1 } else { -1 }).collect();
        places.push(("chrom", RawTensor::of_i32(&n, &chrom)));
        places.push(("tss", RawTensor::of_i64(&n, &position)));
        places.push(("strand", RawTensor::of_i8(&n, &strand)));
    }
    if matrix.regions.iter().any(|region| region.end.is_some()) {
        let end: Vec<i64> = matrix.regions.iter().map(|region| region.end.map_or(-1, |end| end as i64)).collect();
        places.push(("end", RawTensor::of_i64(&n, &end)));
    }
    Ok(places)
}

/// Whether a layer is kept as numbers of bases, and not as numbers for each channel.
fn is_coded(kind: Kind, layer: LayerName) -> bool {
    kind == Kind::Signal && layer == LayerName::Sequence
}

/// The tensor of the regions' bases.
fn sequences(matrix: &Matrix) -> Option<(&'static str, RawTensor)> {
    let layer = matrix.layer(LayerName::Sequence).filter(|_| is_coded(matrix.kind, LayerName::Sequence))?;
    let length = matrix.bases.length_bp as usize;
    Some((layer.name.name(), RawTensor::of_u8(&[matrix.n_regions(), length], &codes(&layer.values, length))))
}

/// Adds the tensors of a layer.
fn put_layer<'a>(tensors: &mut Vec<(String, TensorView<'a>)>, matrix: &Matrix, layer: &'a Layer) {
    let [regions, channels, positions] = axes(matrix, layer.name);
    let mut put = |what: &str, shape: &[usize], values: &'a [f32]| {
        tensors.push((layer.name.tensor(what), TensorView::of_f32(shape, values)));
    };
    put("values", &[regions, channels, positions], &layer.values);
    let Some(attention) = &layer.attention else { return };
    if let Some(mark_values) = &attention.mark_values {
        put("mark_values", &[regions, channels], mark_values);
    }
    put("null_values", &[channels, positions], &attention.null_values);
    let Some(spread) = &attention.spread else { return };
    put("values_sd", &[regions, channels, positions], &spread.values);
    if let Some(mark_values) = &spread.mark_values {
        put("mark_values_sd", &[regions, channels], mark_values);
    }
}

/// Regions, channels and positions of a layer.
fn axes(matrix: &Matrix, layer: LayerName) -> [usize; 3] {
    [matrix.n_regions(), matrix.channels(layer).len(), matrix.axis(layer).n_positions()]
}

/// Reads a matrix and checks that header and tensors agree.
pub fn read(path: &Path) -> Result<Matrix> {
    let (header, mut tensors): (Header, _) = safetensors_file::read(path, "matrix")?;
    let mut matrix = without_tensors(path, header)?;
    for name in LayerName::ALL {
        if is_needed(&matrix, name) || tensors.contains_key(&name.tensor("values")) {
            let layer = read_layer(path, &matrix, name, &mut tensors)?;
            matrix.layers.push(layer);
        }
    }
    read_places(path, &mut matrix, &mut tensors)?;
    matrix.check_shape().map_err(|error| disagreement(path, &error))?;
    Ok(matrix)
}

/// Whether a file must hold a layer, by what its header says.
fn is_needed(matrix: &Matrix, layer: LayerName) -> bool {
    match layer {
        LayerName::Window => matrix.n_bins() > 0,
        LayerName::Sequence => matrix.kind == Kind::Signal && matrix.bases.length_bp > 0,
        LayerName::Body => false,
    }
}

/// Reads where the regions are.
fn read_places(path: &Path, matrix: &mut Matrix, tensors: &mut Tensors) -> Result<()> {
    let n = [matrix.n_regions()];
    let wrong = |problem: String, tensor: &str| {
        FileError::new(path, problem).place(format!("tensor {tensor}")).remedy("Make the file again")
    };
    let base = |position: i64, tensor| {
        let base = u64::try_from(position).ok().filter(|&position| position <= LAST_POSITION);
        base.ok_or_else(|| wrong(format!("position {position} is on no chromosome"), tensor))
    };
    if tensors.contains_key("tss") {
        let chrom = take(path, tensors, "chrom", &n, RawTensor::to_i32)?;
        let position = take(path, tensors, "tss", &n, RawTensor::to_i64)?;
        let strand = take(path, tensors, "strand", &n, RawTensor::to_i8)?;
        for (((region, &chrom), &position), &strand) in
            matrix.regions.iter_mut().zip(&chrom).zip(&position).zip(&strand)
        {
            let name = usize::try_from(chrom).ok().and_then(|at| matrix.chroms.as_slice().get(at));
            let name = name.ok_or_else(|| wrong(format!("chromosome index {chrom} is not in the header"), "chrom"))?;
            let strand = if strand >= 0 { Strand::Forward } else { Strand::Reverse };
            region.tss = Some(Tss { chrom: name.name.clone(), position: base(position, "tss")?, strand });
        }
    }
    if tensors.contains_key("end") {
        let ends = take(path, tensors, "end", &n, RawTensor::to_i64)?;
        for (region, &end) in matrix.regions.iter_mut().zip(&ends) {
            region.end = if end == -1 { None } else { Some(base(end, "end")?) };
        }
    }
    Ok(())
}

/// Reads one layer.
fn read_layer(path: &Path, matrix: &Matrix, name: LayerName, tensors: &mut Tensors) -> Result<Layer> {
    let [regions, channels, positions] = axes(matrix, name);
    if is_coded(matrix.kind, name) {
        let codes = take(path, tensors, name.name(), &[regions, positions], RawTensor::to_u8)?;
        return Ok(Layer::new(name, one_hot(&codes, positions)));
    }
    let mut floats = |what: &str, shape: &[usize]| take(path, tensors, &name.tensor(what), shape, RawTensor::to_floats);
    let mut layer = Layer::new(name, floats("values", &[regions, channels, positions])?);
    if !tensors.contains_key(&name.tensor("null_values")) {
        return Ok(layer);
    }
    let mut some = |what: &str, shape: &[usize]| {
        let tensor = name.tensor(what);
        tensors.contains_key(&tensor).then(|| take(path, tensors, &tensor, shape, RawTensor::to_f32)).transpose()
    };
    let mark_values = some("mark_values", &[regions, channels])?;
    let mark_values_sd = some("mark_values_sd", &[regions, channels])?;
    let values_sd = some("values_sd", &[regions, channels, positions])?;
    let null_values = some("null_values", &[channels, positions])?.unwrap_or_default();
    let spread = values_sd.map(|values| AttentionSpread { values, mark_values: mark_values_sd });
    layer.attention = Some(Attention { mark_values, null_values, spread });
    Ok(layer)
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
    let grid = Grid::stored(header.flank_bp, header.bin_size_bp, header.orientation)
        .map_err(|error| FileError::new(path, error.to_string()).place("header"))?;
    if !header.symbols.is_empty() && header.symbols.len() != header.genes.len() {
        let (found, expected) = (header.symbols.len(), header.genes.len());
        return Err(disagreement(path, &ShapeError { what: "symbols".to_owned(), found, expected }));
    }
    let mut regions: Vec<Region> = header.genes.into_iter().map(Region::unplaced).collect();
    regions.iter_mut().zip(header.symbols).for_each(|(region, symbol)| region.symbol = symbol);
    Ok(Matrix {
        kind: header.kind,
        attribution: header.attribution,
        sample: header.sample,
        assembly: header.assembly,
        grid,
        bases: header.sequence.unwrap_or_default(),
        statistic: header.statistic,
        marks: header.marks,
        inputs: header.inputs,
        chroms: header.chroms.into_iter().collect(),
        regions,
        status: header.status,
        layers: Vec::new(),
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

type Tensors = HashMap<String, RawTensor>;

/// Takes a tensor of this shape; the number of values alone would let two axes change places.
fn take<T>(
    path: &Path,
    tensors: &mut Tensors,
    name: &str,
    shape: &[usize],
    convert: fn(&RawTensor) -> Option<Vec<T>>,
) -> Result<Vec<T>> {
    let tensor = tensors.remove(name).ok_or_else(|| no_tensor(path, name))?;
    check_axes(path, name, &tensor.shape, shape)?;
    convert(&tensor).ok_or_else(|| unexpected_type(path, name, tensor.dtype))
}
