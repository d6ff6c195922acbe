//! Motifs in the format of MEME, version 4, which FIMO, TOMTOM and most others read.

use std::fmt::Write;
use std::path::Path;

use super::{Output, Result};

/// A motif.
#[derive(Clone, Debug, PartialEq)]
pub struct Motif {
    /// Without spaces.
    pub name: String,
    /// The shares of A, C, G and T at each position.
    pub positions: Vec<[f64; 4]>,
    /// Sites that it was seen in.
    pub sites: usize,
}

/// Writes motifs.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, motifs: &[Motif]) -> Result<()> {
    let mut text = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\n".to_owned();
    text += "A 0.25 C 0.25 G 0.25 T 0.25\n";
    for Motif { name, positions, sites } in motifs {
        let width = positions.len();
        let _ = writeln!(text, "\nMOTIF {name}\nletter-probability matrix: alength= 4 w= {width} nsites= {sites} E= 0");
        for position in positions {
            let shares: Vec<String> = position.iter().map(|share| format!("{share:.6}")).collect();
            let _ = writeln!(text, "{}", shares.join(" "));
        }
    }
    let mut output = Output::create(path)?;
    output.put(text.as_bytes())?;
    output.commit()
}
