use safetensors::tensor::Dtype;

use super::*;
use crate::genome::{Chrom, Orientation};
use crate::matrix::{Kind, Statistic, Status};

/// Three genes on either strand, one without an end and a name; one mark in two bins, and along the body.
fn matrix() -> Matrix {
    let region = |(id, strand, end, symbol): (&str, Strand, Option<u64>, Option<&str>)| Region {
        id: id.to_owned(),
        symbol: symbol.map(str::to_owned),
        tss: Some(Tss { chrom: "chr1".to_owned(), position: 50_000, strand }),
        end,
    };
    let regions = [
        ("a", Strand::Forward, Some(60_000), Some("MYC")),
        ("b", Strand::Reverse, None, None),
        ("c", Strand::Reverse, Some(30_000), Some("PAX5")),
    ];
    let (window, body) = ((0..6u8).map(f32::from).collect(), (0..36u8).map(f32::from).collect());
    Matrix {
        kind: Kind::Signal,
        attribution: None,
        sample: "s".to_owned(),
        assembly: None,
        grid: Grid::new(100, 100, Orientation::Gene).unwrap(),
        bases: Default::default(),
        statistic: Statistic::Mean,
        marks: vec!["m".to_owned()],
        inputs: Vec::new(),
        chroms: [Chrom { name: "chr1".to_owned(), length: Some(90_000) }].into_iter().collect(),
        regions: regions.into_iter().map(region).collect(),
        status: vec![Status::Ok; 3],
        layers: vec![Layer::new(LayerName::Window, window), Layer::new(LayerName::Body, body)],
    }
}

#[test]
fn layers_names_and_ends_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    let mut matrix = matrix();
    matrix.kind = Kind::Attention;
    matrix.layers[1].attention = Some(Attention {
        mark_values: Some(vec![1.0; 3]),
        null_values: vec![0.25; 12],
        spread: Some(AttentionSpread { values: vec![0.5; 36], mark_values: None }),
    });
    write(&path, &matrix).unwrap();
    let read = super::read(&path).unwrap();
    assert_eq!((&read.regions, &read.layers), (&matrix.regions, &matrix.layers));
    let (opened, rows) = open(&path).unwrap();
    assert_eq!(opened.regions[2].symbol.as_deref(), Some("PAX5"));
    assert!(rows.has(LayerName::Body) && opened.layers.is_empty());
    assert_eq!(rows.read(LayerName::Body, 1..2).unwrap(), matrix.row(LayerName::Body, 1));
    assert_eq!(rows.read(LayerName::Window, 0..3).unwrap(), matrix.layers[0].values);
    // what is not known is not written, so that files are as they were before there were names and bodies
    matrix.layers.truncate(1);
    matrix.regions.iter_mut().for_each(|region| (region.symbol, region.end) = (None, None));
    write(&path, &matrix).unwrap();
    let (header, tensors): (serde_json::Value, _) = safetensors_file::read(&path, "matrix").unwrap();
    let mut names: Vec<&str> = tensors.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["chrom", "strand", "tss", "values"]);
    assert!(header.get("symbols").is_none());
    assert!(!open(&path).unwrap().1.has(LayerName::Body));
}

#[test]
fn smaller_elements_are_read_and_others_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    write(&path, &matrix()).unwrap();
    let (header, mut tensors): (Header, _) = safetensors_file::read(&path, "matrix").unwrap();
    let mut with = |dtype, bytes: &[u8]| {
        tensors.insert("values".to_owned(), RawTensor { dtype, shape: vec![3, 1, 2], bytes: bytes.to_vec() });
        let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        safetensors_file::write(&path, &header, &tensors).unwrap();
        super::read(&path).map(|matrix| matrix.layers[0].values.clone()).map_err(|error| error.to_string())
    };
    assert_eq!(with(Dtype::U8, &[0, 1, 2, 3, 4, 255]).unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 255.0]);
    let halves = [0x3c00u16, 0xc000, 0x0001, 0x7bff, 0x3555, 0x8000].map(u16::to_le_bytes).concat();
    assert_eq!(with(Dtype::F16, &halves).unwrap(), [1.0, -2.0, 2f32.powi(-24), 65_504.0, 0.333_251_95, 0.0]);
    let brains = [0x3f80u16, 0xc000, 0x4049, 0, 0, 0].map(u16::to_le_bytes).concat();
    assert_eq!(with(Dtype::BF16, &brains).unwrap(), [1.0, -2.0, 3.140_625, 0.0, 0.0, 0.0]);
    assert!(with(Dtype::I16, &brains).unwrap_err().contains("unexpected element type"));
    assert!(open(&path).unwrap_err().to_string().contains("unexpected element type"));
}

#[test]
fn names_and_ends_that_cannot_be_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    write(&path, &matrix()).unwrap();
    let (mut header, mut tensors): (Header, _) = safetensors_file::read(&path, "matrix").unwrap();
    let refused = |header: &Header, tensors: &Tensors, reason: &str| {
        let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        safetensors_file::write(&path, header, &tensors).unwrap();
        let error = super::read(&path).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    let end = tensors.insert("end".to_owned(), RawTensor::of_i64(&[3], &[1, 2, -7])).unwrap();
    refused(&header, &tensors, "position -7 is on no chromosome");
    tensors.insert("end".to_owned(), end);
    header.symbols.pop();
    refused(&header, &tensors, "symbols has 2 entries where 3 are expected");
    let mut matrix = matrix();
    matrix.regions[1].tss = None;
    let error = write(&path, &matrix).unwrap_err().to_string();
    assert!(error.contains("tss has 2 entries where 3 are expected"), "{error}");
}
