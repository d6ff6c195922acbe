//! Sequences of regions of a genome: the layer `sequence` of genes, or of the regions of a BED file.

use std::path::Path;

use anyhow::ensure;

use super::{Args, inputs};
use crate::genome::{ChromAlias, Chroms, Grid};
use crate::io::genome_fasta::GenomeFasta;
use crate::io::{self, genes_bed, regions};
use crate::matrix::{
    Bases, Input, Kind, Layer, LayerName, Matrix, Region, Statistic, Status, UNKNOWN_BASE, base_code, one_hot,
    reverse_complement,
};

/// What was read of a genome.
pub(super) struct GenomeLayer {
    pub bases: Bases,
    pub layer: Layer,
    pub input: Input,
    /// What became of each region.
    pub status: Vec<Status>,
    /// Chromosomes of the regions, under their names, with the genome's lengths.
    pub chroms: Chroms,
}

impl Args {
    /// Regions of a genome to a matrix of their sequences.
    pub(super) fn read_regions(&self) -> anyhow::Result<Matrix> {
        let (path, regions) = match (&self.regions, &self.genes) {
            (Some(path), _) => {
                let found = regions::read(path)?;
                tracing::info!(
                    "{}: {} regions, {} around their summit, the others around their middle",
                    path.display(),
                    found.regions.len(),
                    found.summits
                );
                if found.repeated > 0 {
                    tracing::warn!(
                        "{}: {} regions have the middle and the strand of an earlier one: left out",
                        path.display(),
                        found.repeated
                    );
                }
                (path, found.regions)
            }
            (None, Some(path)) => (path, genes_bed::read(path)?.into_iter().map(Region::from).collect()),
            (None, None) => anyhow::bail!("--regions or --genes is missing"),
        };
        let alias = inputs::alias(&self.options.chrom_alias)?;
        let GenomeLayer { bases, layer, input, status, chroms } = self.read_genome(path, &regions, &alias)?;
        Ok(Matrix {
            kind: Kind::Signal,
            attribution: None,
            sample: self.sample(),
            assembly: self.assembly.clone(),
            grid: Grid::none(),
            bases,
            statistic: Statistic::Count,
            marks: Vec::new(),
            inputs: vec![input],
            chroms,
            regions,
            status,
            layers: vec![layer],
        })
    }

    /// The bases around each region's own, 5′ to 3′ on its strand.
    fn read_genome(&self, path: &Path, regions: &[Region], alias: &ChromAlias) -> anyhow::Result<GenomeLayer> {
        let Some(genome) = &self.genome else { anyhow::bail!("--genome is missing") };
        let mut genome = GenomeFasta::open(genome)?;
        let bases = Bases::around(self.options.length.unwrap_or(Bases::USUAL_LENGTH));
        let length = bases.length_bp as usize;
        let axis = LayerName::Sequence.axis(Grid::none(), bases);
        let mut codes = Vec::with_capacity(regions.len() * length);
        let (mut status, mut chroms, mut beyond) = (Vec::new(), Chroms::default(), None);
        for region in regions {
            let (Some(tss), Some(first), Some(last)) =
                (&region.tss, axis.interval(region, 0), axis.interval(region, length - 1))
            else {
                anyhow::bail!("{}: region {} has no place", path.display(), region.id);
            };
            let name = alias.resolve(&tss.chrom, genome.chroms());
            let known = name.as_ref().and_then(|name| genome.chroms().length(name));
            chroms.push(crate::genome::Chrom { name: tss.chrom.clone(), length: known });
            let (Some(name), Some(end)) = (name, known) else {
                codes.extend(std::iter::repeat_n(UNKNOWN_BASE, length));
                status.push(Status::NoChrom);
                continue;
            };
            let reverse = last.start < first.start;
            let span = if reverse { last.start..first.end } else { first.start..last.end };
            if tss.position >= end {
                beyond.get_or_insert((region.id.clone(), tss.clone(), end));
            }
            let mut own: Vec<u8> = genome.read(&name, span.clone())?.into_iter().map(base_code).collect();
            if reverse {
                reverse_complement(&mut own);
            }
            status.push(match () {
                () if own.iter().all(|&code| code == UNKNOWN_BASE) => Status::Empty,
                () if span.start < 0 || span.end > end as i64 => Status::Clipped,
                () => Status::Ok,
            });
            codes.extend(own);
        }
        if let Some((id, tss, end)) = beyond {
            anyhow::bail!(
                "{}: {id} lies at {}:{}, and the chromosome of {} ends at {end}. Give the genome that the regions are of",
                path.display(),
                tss.chrom,
                tss.position + 1,
                genome.path().display()
            );
        }
        self.report_lost(path, &genome, regions, &status)?;
        let input = inputs::input("sequence", genome.path(), "fasta", &io::signal::digest(genome.path())?, Vec::new());
        let layer = Layer::new(LayerName::Sequence, one_hot(&codes, length));
        Ok(GenomeLayer { bases, layer, input, status, chroms })
    }

    /// Regions on chromosomes that the genome lacks: few are said, many are an error.
    fn report_lost(
        &self,
        path: &Path,
        genome: &GenomeFasta,
        regions: &[Region],
        status: &[Status],
    ) -> anyhow::Result<()> {
        let lost: Vec<&Region> = regions
            .iter()
            .zip(status)
            .filter(|(_, status)| **status == Status::NoChrom)
            .map(|(region, _)| region)
            .collect();
        let Some(first) = lost.first().and_then(|region| region.tss.as_ref()) else { return Ok(()) };
        let has: Vec<&str> = genome.chroms().as_slice().iter().take(3).map(|chrom| chrom.name.as_str()).collect();
        let what = format!(
            "{}: {} of {} regions are on chromosomes that {} lacks, such as {}; it has {} …",
            path.display(),
            lost.len(),
            regions.len(),
            genome.path().display(),
            first.chrom,
            has.join(", ")
        );
        let share = lost.len() as f64 / regions.len() as f64;
        ensure!(
            share <= self.options.max_lost_genes,
            "{what}. If only the names differ, give --chrom-alias auto or a table; else the genome of the regions' assembly, or a larger --max-lost-genes"
        );
        tracing::warn!("{what}: they have no sequence (status no_chrom)");
        Ok(())
    }
}
