//! GFF3: features name their parents. Ensembl (`gene:`), GENCODE (`gene_id=` on every line) and
//! RefSeq (`gene-`) are understood, and files that leave out genes or transcripts.

use std::borrow::Cow;

use super::assembly::{Assembly, Place};
use super::attributes::Style;
use super::feature::{Feature, Kind};

/// Adds a line.
pub(super) fn add_line(assembly: &mut Assembly, line: &str) -> Result<(), String> {
    let feature = Feature::parse(line, Style::Gff3)?;
    let id = feature.attributes.get("ID").unwrap_or_default();
    match feature.kind {
        Kind::Other => {}
        Kind::Gene => {
            let Some(gene_id) = feature.attributes.first_of(&["gene_id"]).or_else(|| bare(&id)) else {
                return Err("a gene without ID or gene_id in the attributes (column 9)".to_owned());
            };
            let key = if id.is_empty() { Cow::Borrowed(gene_id.as_str()) } else { id };
            assembly.gene_line(&key, &gene_id, &feature);
        }
        Kind::Transcript => match transcript_gene(assembly, &feature, &id) {
            Some(gene) => {
                let name = feature.attributes.first_of(&["transcript_id"]).or_else(|| bare(&id)).unwrap_or_default();
                let place = if id.is_empty() { (gene, None) } else { assembly.transcript(&id, &name, gene, &feature) };
                assembly.extend(place, &feature);
            }
            None => assembly.orphan_lines += 1,
        },
        Kind::Exon | Kind::Cds | Kind::Utr => {
            let places = part_places(assembly, &feature);
            if places.is_empty() {
                assembly.orphan_lines += 1;
            }
            for place in places {
                assembly.extend(place, &feature);
            }
        }
    }
    Ok(())
}

/// An id less the type that Ensembl (`gene:ENSG…`) and RefSeq (`gene-TP53`, `rna-NM_…`) put before it.
fn bare(id: &str) -> Option<String> {
    let bare = ["gene:", "gene-", "transcript:", "rna-"].iter().find_map(|prefix| id.strip_prefix(prefix));
    Some(bare.unwrap_or(id).to_owned()).filter(|id| !id.is_empty())
}

/// The gene of a transcript: its parent, or the gene that its attributes name, or itself.
fn transcript_gene(assembly: &mut Assembly, feature: &Feature<'_>, id: &str) -> Option<usize> {
    let mut has_parent = false;
    for parent in feature.attributes.parents() {
        has_parent = true;
        if let Some(gene) = assembly.gene(&parent).or_else(|| assembly.place(&parent).map(|(gene, _)| gene)) {
            return Some(gene);
        }
    }
    named_gene(assembly, feature).or_else(|| {
        let own = bare(id).filter(|_| !has_parent)?;
        Some(assembly.add_gene(id, &own, feature, true))
    })
}

/// Where an exon, CDS or UTR belongs: to each of its parents, or to the gene that it names.
fn part_places(assembly: &mut Assembly, feature: &Feature<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for parent in feature.attributes.parents() {
        let place = assembly.place(&parent).or_else(|| assembly.gene(&parent).map(|gene| (gene, None)));
        places.extend(place);
    }
    if !places.is_empty() {
        return places;
    }
    let Some(gene) = named_gene(assembly, feature) else { return places };
    let transcript = feature.attributes.first_of(&["transcript_id"]);
    vec![transcript.map_or((gene, None), |id| assembly.transcript(&id, &id, gene, feature))]
}

/// The gene that a line names by attribute instead of by parent.
fn named_gene(assembly: &mut Assembly, feature: &Feature<'_>) -> Option<usize> {
    let gene_id = feature.attributes.first_of(&["gene_id", "geneID", "gene"])?;
    let strand = feature.strand.map_or('.', |strand| strand.symbol());
    let key = format!("{gene_id}\t{}\t{strand}", feature.chrom);
    Some(assembly.gene(&key).unwrap_or_else(|| assembly.add_gene(&key, &gene_id, feature, true)))
}
