//! Places at random, and the choice among them.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use rand_chacha::ChaCha8Rng;
use tracing::{info, warn};

use super::Args;
use crate::io::Output;
use crate::io::genome_fasta::GenomeFasta;
use crate::io::regions::{self, Regions, cover};
use crate::matrix::negatives::{Composition, below, matched, touches};

/// Places that are tried for each region, and beside them.
const TRIED: (usize, usize) = (20, 10_000);
/// Most of them.
const MOST: usize = 4_000_000;
/// Bases that are read at once.
const PIECE: u64 = 1 << 20;

/// A place that may become a negative.
struct Spot {
    /// When it was drawn.
    draw: usize,
    chrom: usize,
    start: u64,
}

/// Chromosomes with peaks, and what the genome has of them.
struct Ground {
    name: String,
    /// Places where a row may begin.
    starts: u64,
    /// What rows stay off.
    taken: Vec<(u64, u64)>,
}

pub(super) fn run(args: &Args, genome_path: &Path, peaks_path: &Path, mut generator: ChaCha8Rng) -> Result<()> {
    let (mut genome, peaks) = (GenomeFasta::open(genome_path)?, regions::read(peaks_path)?);
    let targets = targets(args, &mut genome, &peaks, peaks_path)?;
    let chroms = chroms(args, &genome, &peaks);
    let wanted: Vec<Composition> = args.sources(targets.len()).into_iter().map(|at| targets[at]).collect();
    let places = draw(args, &chroms, wanted.len(), &mut generator);
    let (places, compositions) = read(args, &mut genome, &chroms, places)?;
    let found = matched(&wanted, &compositions);
    let chosen: Vec<(usize, bool)> = found.into_iter().flatten().collect();
    ensure!(
        chosen.len() == wanted.len(),
        "{}: {} regions are wanted, and {} places were found {} bases off the peaks, without N and overlap. Take a smaller \
         --number or --distance, or shuffle sequences",
        genome_path.display(),
        wanted.len(),
        chosen.len(),
        args.distance
    );
    report(&wanted, &chosen, &compositions);
    let mut chosen: Vec<&Spot> = chosen.iter().map(|(at, _)| &places[*at]).collect();
    chosen.sort_by_key(|place| (place.chrom, place.start));
    let mut out = Output::create(&args.out)?;
    for (at, place) in chosen.iter().enumerate() {
        let (name, end) = (&chroms[place.chrom].name, place.start + u64::from(args.length));
        out.put(format!("{name}\t{}\t{end}\tnegative{}\t0\t.\n", place.start, at + 1).as_bytes())?;
    }
    out.commit()?;
    info!("{} regions -> {}", chosen.len(), args.out.display());
    Ok(())
}

/// The compositions of the rows of the peaks.
fn targets(args: &Args, genome: &mut GenomeFasta, peaks: &Regions, path: &Path) -> Result<Vec<Composition>> {
    let (mut found, mut lacking, mut unknown) = (Vec::new(), 0, 0);
    for tss in peaks.regions.iter().filter_map(|region| region.tss.as_ref()) {
        if genome.chroms().length(&tss.chrom).is_none() {
            lacking += 1;
            continue;
        }
        let first = tss.position as i64 - i64::from(args.length / 2);
        let letters = genome.read(&tss.chrom, first..first + i64::from(args.length))?;
        match Composition::of(&letters) {
            Some(composition) => found.push(composition),
            None => unknown += 1,
        }
    }
    if found.is_empty() {
        bail!(
            "{}: none of its {} peaks lies on known bases of {}. Give the genome that the peaks are of, with the same names of chromosomes",
            path.display(),
            peaks.regions.len(),
            genome.path().display()
        );
    }
    if lacking + unknown > 0 {
        warn!(
            "{}: {lacking} peaks are on chromosomes that {} lacks, {unknown} have no known base: nothing is matched to them",
            path.display(),
            genome.path().display()
        );
    }
    Ok(found)
}

/// The chromosomes with peaks, in the order of the genome.
fn chroms(args: &Args, genome: &GenomeFasta, peaks: &Regions) -> Vec<Ground> {
    let mut cover = cover(peaks, u64::from(args.distance));
    let chroms = genome.chroms().as_slice().iter().filter_map(|chrom| {
        let taken = cover.remove(&chrom.name)?;
        let starts = (chrom.length? + 1).saturating_sub(u64::from(args.length));
        Some(Ground { name: chrom.name.clone(), starts, taken })
    });
    chroms.collect()
}

/// Places off the peaks and off one another, along the genome.
fn draw(args: &Args, chroms: &[Ground], wanted: usize, generator: &mut ChaCha8Rng) -> Vec<Spot> {
    let all: u64 = chroms.iter().map(|chrom| chrom.starts).sum();
    let tried = if all == 0 { 0 } else { (TRIED.0 * wanted + TRIED.1).min(MOST) };
    let length = u64::from(args.length);
    let mut places = Vec::new();
    for draw in 0..tried {
        let (mut start, mut chrom) = (below(generator, all as usize) as u64, 0);
        while start >= chroms[chrom].starts {
            start -= chroms[chrom].starts;
            chrom += 1;
        }
        if !touches(&chroms[chrom].taken, start, start + length) {
            places.push(Spot { draw, chrom, start });
        }
    }
    places.sort_by_key(|place| (place.chrom, place.start, place.draw));
    let mut last: Option<(usize, u64)> = None;
    places.retain(|place| {
        let is_free = last.is_none_or(|(chrom, end)| chrom != place.chrom || end <= place.start);
        if is_free {
            last = Some((place.chrom, place.start + length));
        }
        is_free
    });
    places
}

/// Those of places, which go along the genome, that have no N, in the order of their draws; with their compositions.
fn read(
    args: &Args,
    genome: &mut GenomeFasta,
    chroms: &[Ground],
    places: Vec<Spot>,
) -> Result<(Vec<Spot>, Vec<Composition>)> {
    let length = args.length as usize;
    let mut found: Vec<(Spot, Composition)> = Vec::new();
    let (mut piece, mut letters) = (None, Vec::new());
    for place in places {
        let number = place.start / PIECE;
        if piece != Some((place.chrom, number)) {
            let first = (number * PIECE) as i64;
            letters = genome.read(&chroms[place.chrom].name, first..first + PIECE as i64 + length as i64)?;
            piece = Some((place.chrom, number));
        }
        let own = &letters[(place.start % PIECE) as usize..][..length];
        let is_known = own.iter().all(|letter| b"ACGTU".contains(&letter.to_ascii_uppercase()));
        if let (true, Some(composition)) = (is_known, Composition::of(own)) {
            found.push((place, composition));
        }
    }
    found.sort_by_key(|(place, _)| place.draw);
    Ok(found.into_iter().unzip())
}

/// Says how alike they are.
fn report(wanted: &[Composition], chosen: &[(usize, bool)], candidates: &[Composition]) {
    let mean = |of: &dyn Fn(usize) -> f64| 100.0 * (0..wanted.len()).map(of).sum::<f64>() / wanted.len() as f64;
    let found = |at: usize| candidates[chosen[at].0];
    let gc = [mean(&|at| wanted[at].gc), mean(&|at| found(at).gc)];
    let repeats = [mean(&|at| wanted[at].repeats), mean(&|at| found(at).repeats)];
    info!(
        "GC {:.1} % of peaks, {:.1} % of negatives; lower case {:.1} % and {:.1} %",
        gc[0], gc[1], repeats[0], repeats[1]
    );
    let far = chosen.iter().filter(|(_, is_beside)| !is_beside).count();
    if far > 0 {
        warn!(
            "{far} of {} negatives are not within a bin of the GC content (2 %) and the repeats (10 %) of their peak: a model may tell them by \
             composition. See what gc-content and dinucleotides reach, or take fewer, or shuffle",
            chosen.len()
        );
    }
    if candidates.iter().chain(wanted).all(|composition| composition.repeats == 0.0) {
        warn!("the genome has no lower-case letters, which stand for repeats: they are not matched");
    }
}
