//! BAI and CSI, reduced to what a forward reader needs: where to start for a position.

use std::path::{Path, PathBuf};

use noodles::core::Position;
use noodles::{bam, csi};

use super::{FileError, Result};

/// Bases a tile, the linear index's unit.
const TILE_SHIFT: u32 = 14;

/// For each chromosome of the BAM and each tile of 16,384 bases the virtual offset of the first read
/// that overlaps the tile or a later one; 0 where there is none.
#[derive(Debug)]
pub(super) struct BamIndex {
    tiles: Vec<Vec<u64>>,
}

impl BamIndex {
    /// Reads the index that lies beside `bam` (`X.bam.bai`, `X.bai`, `X.bam.csi`, `X.csi`) or, where
    /// `bam` is a link (workflow engines link their inputs), beside the file itself, if any.
    pub(super) fn find(bam: &Path, lengths: &[u64]) -> Result<Option<Self>> {
        let itself = bam.canonicalize().ok();
        let beside = |extension: &str| {
            [Some(bam), itself.as_deref()]
                .into_iter()
                .flatten()
                .flat_map(move |bam| {
                    let mut longer = bam.as_os_str().to_owned();
                    longer.push(".");
                    longer.push(extension);
                    [PathBuf::from(longer), bam.with_extension(extension)]
                })
                .collect::<Vec<_>>()
        };
        let existing = |extension| beside(extension).into_iter().find(|path| path.is_file());
        let (path, tiles) = if let Some(path) = existing("bai") {
            let tiles = read_bai(&path);
            (path, tiles)
        } else if let Some(path) = existing("csi") {
            let tiles = read_csi(&path, lengths);
            (path, tiles)
        } else {
            return Ok(None);
        };
        let remedy = "Make the index again (samtools index), or remove it to read the whole BAM file";
        let mut tiles = tiles.map_err(|error| FileError::os(&path, "read", &error).remedy(remedy))?;
        if tiles.len() != lengths.len() {
            let problem = format!("indexes {} chromosomes, {} has {}", tiles.len(), bam.display(), lengths.len());
            return Err(FileError::new(&path, problem).remedy(remedy));
        }
        for of_chrom in &mut tiles {
            let mut next = 0;
            for offset in of_chrom.iter_mut().rev() {
                if *offset == 0 {
                    *offset = next;
                }
                next = *offset;
            }
        }
        Ok(Some(BamIndex { tiles }))
    }

    /// Virtual offset from which every read that overlaps `position` or lies behind it on the
    /// chromosome is found; `None` if there is no such read.
    pub(super) fn offset(&self, chrom: usize, position: i64) -> Option<u64> {
        let tile = usize::try_from(position.max(0) >> TILE_SHIFT).ok()?;
        self.tiles.get(chrom)?.get(tile).copied().filter(|&offset| offset > 0)
    }
}

fn read_bai(path: &Path) -> std::io::Result<Vec<Vec<u64>>> {
    let index = bam::bai::fs::read(path)?;
    let linear = |of_chrom: &Vec<noodles_bgzf::VirtualPosition>| of_chrom.iter().map(|&offset| offset.into()).collect();
    Ok(index.reference_sequences().iter().map(|chrom| linear(chrom.index())).collect())
}

fn read_csi(path: &Path, lengths: &[u64]) -> std::io::Result<Vec<Vec<u64>>> {
    use csi::binning_index::BinningIndex;
    let index = csi::fs::read(path)?;
    let (min_shift, depth) = (index.min_shift(), index.depth());
    let chroms = index.reference_sequences().iter().enumerate();
    Ok(chroms
        .map(|(at, chrom)| {
            if chrom.bins().is_empty() {
                return Vec::new();
            }
            let n_tiles = (lengths.get(at).copied().unwrap_or(0) >> TILE_SHIFT) + 1;
            (0..n_tiles)
                .map_while(|tile| Position::new(((tile << TILE_SHIFT) + 1) as usize))
                .map(|start| chrom.min_offset(min_shift, depth, start).into())
                .collect()
        })
        .collect())
}
