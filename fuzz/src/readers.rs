//! Every reader of attentrack, as a function of a folder and the bytes of one file. What a reader finds is not
//! looked at here: it must end, with a value or with one message, without a panic and within its memory.
//!
//! Shared by the fuzz targets and by `tests/it/hostile.rs`, which makes the files of [`FIXED`].

#[path = "checksums.rs"]
mod checksums;

use std::fmt::Display;
use std::path::Path;

use attentrack::cli::config::{Config, Origin};
use attentrack::genome::{Chroms, Gene, Grid, Orientation, Strand, Tss, TssOptions, select_tss};
use attentrack::io::{annotation, bins, expression, labels, lsgkm, predictions, sample_sheet, signal, splits, weights};
use attentrack::learn::OptimizerKind;
use attentrack::matrix::{Blacklist, LayerName, Statistic, Windows, bin_signals};
use attentrack::stage::Stage;
use clap::Parser;

/// Reads the bytes of a file; `Err` is the message of a refusal.
pub type Reader = fn(&Path, &[u8]) -> Result<(), String>;

/// Files that some readers need beside the one that is given, by their names in the folder.
pub const FIXED: [&str; 5] = ["reads.bam", "long.bam", "genome.fa", "x.bins.safetensors", "sheet.tsv"];

/// All of them, by the name of the target.
pub const READERS: [(&str, Reader); 20] = [
    ("gtf", genes),
    ("gff3", genes),
    ("bed", genes),
    ("bedgraph", |folder, bytes| signal(folder, "x.bedgraph", bytes)),
    ("tagalign", |folder, bytes| signal(folder, "x.tagAlign", bytes)),
    ("bigwig", |folder, bytes| signal(folder, "x.bw", bytes)),
    ("bam", |folder, bytes| signal(folder, "x.bam", &checksums::packed(bytes))),
    ("bam_index", bam_index),
    ("cram", |folder, bytes| signal(folder, "x.cram", &checksums::cram(bytes))),
    ("matrix", matrix),
    ("model", model),
    ("state", |folder, bytes| {
        let path = put(folder, "x.state.safetensors", bytes)?;
        done(attentrack::stage::train::read_state(&path, &Default::default(), OptimizerKind::Adam))
    }),
    ("weights", |folder, bytes| done(weights::read(&put(folder, "x.pt", bytes)?))),
    ("config", |folder, bytes| {
        let path = put(folder, "config.yaml", bytes)?;
        done(Config::read(&path, &Origin { allow_missing: true, ..Origin::default() }))
    }),
    ("sheet", |folder, bytes| done(sample_sheet::read(&put(folder, "sheet.tsv", bytes)?, folder, false))),
    ("expression", |folder, bytes| {
        let path = put(folder, "expression.tsv", bytes)?;
        let columns = |sample: &str| expression::Columns {
            sample: sample.to_owned(),
            gene: None,
            keep_version: false,
            duplicates: Default::default(),
        };
        done(expression::read(&path, &columns("s1"))).or(done(expression::read(&path, &columns("E003"))))
    }),
    ("labels", |folder, bytes| done(labels::read(&put(folder, "labels.tsv", bytes)?))),
    ("lsgkm", |folder, bytes| done(lsgkm::read(&put(folder, "x.model.txt", bytes)?))),
    ("splits", |folder, bytes| done(splits::read(&put(folder, "splits.tsv", bytes)?))),
    ("predictions", |folder, bytes| done(predictions::read(&put(folder, "p.tsv", bytes)?))),
];

fn done<T, E: Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(|_| ()).map_err(|error| format!("{error:#}"))
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<std::path::PathBuf, String> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    Ok(path)
}

fn genes(folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let path = put(folder, "x.annotation", bytes)?;
    let options = annotation::ReadOptions { transcripts: true, ..Default::default() };
    let annotation = annotation::read(&path, &options).map_err(|error| error.to_string())?;
    select_tss(&annotation.genes, &TssOptions::default());
    Ok(())
}

/// Windows of genes at 1,000 and 100,000 of chr1 and of one near the start of chr2.
fn windows() -> Result<Windows, String> {
    let gene = |id: &str, chrom: &str, position, strand| Gene {
        id: id.to_owned(),
        symbol: None,
        tss: Tss { chrom: chrom.to_owned(), position, strand },
        end: None,
    };
    let genes = [
        gene("FWD", "chr1", 1000, Strand::Forward),
        gene("REV", "chr1", 100_000, Strand::Reverse),
        gene("EDGE", "chr2", 150, Strand::Forward),
    ];
    Ok(Windows::new(&genes, Grid::new(300, 100, Orientation::Gene).map_err(|error| error.to_string())?))
}

fn bin(path: &Path, folder: &Path) -> Result<(), String> {
    let windows = windows()?;
    let reference = folder.join("genome.fa");
    for (statistic, whole_file) in [(None, true), (Some(Statistic::Max), false)] {
        let options = signal::Options {
            reference: Some(reference.clone()).filter(|_| path.extension().is_some_and(|name| name == "cram")),
            whole_file,
            ..Default::default()
        };
        let chroms: &Chroms = windows.chroms();
        let file = signal::SignalFile::open(path, chroms, &options).map_err(|error| error.to_string())?;
        let reads = file.format().holds_reads;
        let statistic = statistic.unwrap_or(if reads { Statistic::Count } else { Statistic::Mean });
        let binned = bin_signals(&[&file], &windows, statistic, &Blacklist::default(), &|_, _| ());
        binned.map_err(|(_, error)| error.to_string())?;
    }
    Ok(())
}

fn signal(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    bin(&put(folder, name, bytes)?, folder)
}

/// The bytes as BAI of one BAM file of many blocks, and as CSI of another; each has its own path, since an index of
/// the other kind beside it would be taken.
fn bam_index(folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let (name, index) = match bytes {
        [b'B', b'A', b'I', ..] => ("reads.bam", "reads.bam.bai"),
        _ => ("long.bam", "long.bam.csi"),
    };
    put(folder, index, &checksums::packed(bytes))?;
    bin(&folder.join(name), folder)
}

fn matrix(folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let path = put(folder, "y.bins.safetensors", bytes)?;
    let (whole, open) = (bins::read(&path), bins::open(&path));
    let parts = open.and_then(|(matrix, rows)| rows.read(LayerName::Window, 0..matrix.n_regions()));
    let stage = attentrack::stage::track::Args::try_parse_from([
        "track".as_ref(),
        "--input".as_ref(),
        path.as_os_str(),
        "--format".as_ref(),
        "tsv".as_ref(),
        "--out".as_ref(),
        folder.join("track.tsv").as_os_str(),
        "--quiet".as_ref(),
    ]);
    done(stage.map_err(|error| error.to_string())?.run()).and(done(whole)).and(done(parts))
}

/// Scores and explains the genes of `x.bins.safetensors`.
fn model(folder: &Path, bytes: &[u8]) -> Result<(), String> {
    let model = put(folder, "y.model.safetensors", bytes)?;
    let matrix = folder.join("x.bins.safetensors");
    let shared = ["--bins".as_ref(), matrix.as_os_str(), "--model".as_ref(), model.as_os_str(), "--quiet".as_ref()];
    let predictions = folder.join("p.tsv");
    let arguments = ["predict".as_ref()].into_iter().chain(shared);
    let arguments = arguments.chain(["--predictions".as_ref(), predictions.as_os_str()]);
    let stage = attentrack::stage::predict::Args::try_parse_from(arguments).map_err(|error| error.to_string())?;
    done(stage.run())?;
    let out = folder.join("e.bins.safetensors");
    let explain = |method: &str| {
        let arguments = ["explain".as_ref()].into_iter().chain(shared);
        let arguments = arguments.chain(["--method".as_ref(), method.as_ref(), "--out".as_ref(), out.as_os_str()]);
        let stage = attentrack::stage::explain::Args::try_parse_from(arguments).map_err(|error| error.to_string())?;
        done(stage.run())
    };
    // not every model has gradients
    let _ = explain("input-x-gradient");
    explain("mark-occlusion")
}
