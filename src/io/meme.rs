//! Motifs in the format of MEME, version 4, which FIMO, TOMTOM and most others read.

use std::fmt::Write;
use std::path::Path;

use super::{Output, Result};

/// Writes one motif: at each position the shares of A, C, G and T, seen in so many sites.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, name: &str, positions: &[[f64; 4]], sites: usize) -> Result<()> {
    let mut text = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\n".to_owned();
    text += "A 0.25 C 0.25 G 0.25 T 0.25\n\n";
    let width = positions.len();
    let _ = writeln!(text, "MOTIF {name}\nletter-probability matrix: alength= 4 w= {width} nsites= {sites} E= 0");
    for position in positions {
        let shares: Vec<String> = position.iter().map(|share| format!("{share:.6}")).collect();
        let _ = writeln!(text, "{}", shares.join(" "));
    }
    let mut output = Output::create(path)?;
    output.put(text.as_bytes())?;
    output.commit()
}
