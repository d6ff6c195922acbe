//! GTF: every line names its gene and, but for gene lines, its transcript.

use super::assembly::Assembly;
use super::attributes::Style;
use super::feature::{Feature, Kind};

/// Adds a line.
pub(super) fn add_line(assembly: &mut Assembly, line: &str) -> Result<(), String> {
    let feature = Feature::parse(line, Style::Gtf)?;
    if feature.kind == Kind::Other {
        return Ok(());
    }
    let Some(gene_id) = feature.attributes.get("gene_id") else {
        return Err("no gene_id in the attributes (column 9); expected gene_id \"…\";".to_owned());
    };
    if gene_id.is_empty() {
        assembly.orphan_lines += 1;
        return Ok(());
    }
    let strand = feature.strand.map_or('.', |strand| strand.symbol());
    if feature.kind == Kind::Gene {
        assembly.gene_line(&format!("{gene_id}\t{}\t{strand}\t", feature.chrom), &gene_id, &feature);
        return Ok(());
    }
    // gene lines first, so that the transcript's id is not even looked for where nobody needs it
    let key = format!("{gene_id}\t{}\t{strand}\t", feature.chrom);
    let known = assembly.gene(&key);
    if !assembly.options.transcripts && known.is_some_and(|at| !assembly.genes[at].derived) {
        return Ok(());
    }
    let transcript_id = feature.attributes.get("transcript_id").unwrap_or_default();
    // UCSC numbers the copies of a transcript that aligns at several places: _dup1, _dup2…
    let copy = transcript_id.rfind("_dup").map_or("", |at| &transcript_id[at..]);
    let key = format!("{key}{copy}");
    let gene = match assembly.gene(&key) {
        Some(at) => at,
        None => assembly.add_gene(&key, &gene_id, &feature, true),
    };
    let place = if transcript_id.is_empty() {
        (gene, None)
    } else {
        assembly.transcript(&format!("{transcript_id}\t{key}"), &transcript_id, gene, &feature)
    };
    assembly.extend(place, &feature);
    Ok(())
}
