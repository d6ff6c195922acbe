//! GFF3: features name their parents, before or after these come. Ensembl (`gene:`), GENCODE (`gene_id=` on every
//! line), RefSeq (`gene-`), WormBase (`Gene:`) and Prokka (`…_gene`) are understood, and files that leave out genes,
//! transcripts or ids.
//!
//! Genes and transcripts are kept as they come. Of exons, CDS and UTRs only what they add up to under each parent is.

use std::borrow::Cow;

use super::attributes::bare;
use super::draft::{Labels, transcript_part};
use super::feature::{Feature, FeatureKind};
use super::gff3_lines::{Gff3, Gff3Node, Piece, Slot, Waiting};
use super::landmarks::Landmarks;
use super::resolve;
use super::tally::{Ignored, Tally};
use crate::genome::GeneRecord;

impl Gff3<'_> {
    pub(super) fn add(&mut self, feature: &Feature<'_>, tally: &mut Tally) {
        match feature.kind {
            FeatureKind::Gene | FeatureKind::Transcript => self.add_node(feature, tally),
            FeatureKind::Exon | FeatureKind::Cds | FeatureKind::Utr => self.add_part(feature, tally),
        }
    }

    fn add_node(&mut self, feature: &Feature<'_>, tally: &mut Tally) {
        let attributes = feature.attributes;
        let id =
            attributes.get("ID").or_else(|| attributes.bare_id().map(Cow::Borrowed)).unwrap_or_default().into_owned();
        let parents = feature.attributes.parents().map(Cow::into_owned);
        let parents: Vec<String> = parents.collect();
        let is_gene_kind = feature.kind == FeatureKind::Gene;
        let gene_name = if is_gene_kind { gene_name(feature, &id) } else { None };
        let is_root = is_gene_kind && parents.is_empty();
        if is_root && gene_name.is_none() {
            return tally.ignore(Ignored::NamelessGene);
        }
        let has_come = parents.iter().any(|parent| self.is_node(parent));
        if !id.is_empty() {
            let at = self.nodes.len();
            self.slot(&id).nodes.push(at);
        }
        let piece = attributes.part().map(|number| Piece {
            number,
            is_trans_spliced: attributes.get("exception").is_some_and(|exception| exception.contains("trans")),
        });
        self.nodes.push(Gff3Node {
            name: attributes.first_of(&["transcript_id"]).unwrap_or_else(|| bare(&id).to_owned()),
            locus_tag: if is_gene_kind && id.is_empty() { attributes.first_of(&["locus_tag"]) } else { None },
            chrom: feature.chrom.to_owned(),
            strand: feature.strand,
            part: transcript_part(feature),
            piece,
            gene: if is_root || has_come { None } else { named_gene(feature) },
            called: if is_root { gene_names(feature, &id) } else { Vec::new() },
            labels: if has_come { Labels::default() } else { Labels::of(feature, self.options) },
            id,
            gene_name,
            parents,
        });
    }

    fn is_node(&self, id: &str) -> bool {
        self.slots.get(id).is_some_and(|slot| !slot.nodes.is_empty())
    }

    fn add_part(&mut self, feature: &Feature<'_>, tally: &mut Tally) {
        let mut parents = feature.attributes.parents();
        let Some(first) = parents.next() else { return self.add_parentless(feature, tally) };
        let others: Vec<_> = parents.collect();
        if others.is_empty() {
            let options = self.options;
            let slot = self.slot(&first);
            let has_come = !slot.nodes.is_empty();
            let parts = slot.parts_at(feature);
            parts.lines += 1;
            if !has_come {
                // the least of several names, so that the order of lines does not matter
                let gene = named_gene(feature);
                if gene.is_some() && (parts.gene.is_none() || gene < parts.gene) {
                    parts.gene = gene;
                }
                parts.labels.merge(Labels::of(feature, options));
            }
            return;
        }
        let mut has_come = false;
        for parent in std::iter::once(&first).chain(&others) {
            let slot = self.slot(parent);
            has_come |= !slot.nodes.is_empty();
            slot.parts_at(feature);
        }
        if !has_come {
            self.waiting.push(Waiting {
                parents: std::iter::once(&first).chain(&others).map(|parent| parent.to_string()).collect(),
                gene: named_gene(feature),
                chrom: feature.chrom.to_owned(),
                strand: feature.strand,
                part: transcript_part(feature),
                labels: Labels::of(feature, self.options),
            });
        }
    }

    fn slot(&mut self, id: &str) -> &mut Slot {
        self.slots.entry(id.to_owned()).or_default()
    }

    fn add_parentless(&mut self, feature: &Feature<'_>, tally: &mut Tally) {
        let labels = Labels::of(feature, self.options);
        let transcript = feature.attributes.first_of(&["transcript_id"]).unwrap_or_default();
        if let Some(gene) = named_gene(feature) {
            let draft = self.named.at(&gene, feature.chrom, feature.strand);
            draft.add_part(&transcript, transcript_part(feature), labels);
            return;
        }
        match feature.attributes.first_of(&["ID"]).filter(|_| feature.kind == FeatureKind::Cds) {
            Some(id) => {
                let draft = self.alone.at(bare(&id), feature.chrom, feature.strand);
                draft.add_part(bare(&id), transcript_part(feature), labels);
            }
            None => tally.ignore(Ignored::NoGeneId),
        }
    }

    pub(super) fn finish(self, landmarks: &Landmarks, tally: &mut Tally) -> Vec<GeneRecord> {
        resolve::genes(self, landmarks, tally)
    }
}

/// The id of a gene: `gene_id`, else `ID`, else, because `ID` is optional, one of its names.
fn gene_name(feature: &Feature<'_>, id: &str) -> Option<String> {
    let attributes = feature.attributes;
    if let Some(name) = attributes.first_of(&["gene_id"]) {
        return Some(name);
    }
    if id.is_empty() {
        return attributes.first_of(&["gene", "locus_tag", "Name"]);
    }
    // Prokka: ID=ABC_00001_gene;locus_tag=ABC_00001
    let locus = id.strip_suffix("_gene").filter(|locus| attributes.get("locus_tag").as_deref() == Some(locus));
    Some(locus.unwrap_or_else(|| bare(id)).to_owned())
}

/// Every name that other lines may call a gene by.
fn gene_names(feature: &Feature<'_>, id: &str) -> Vec<String> {
    let named = ["gene_id", "gene", "locus_tag", "Name"].iter().filter_map(|key| feature.attributes.first_of(&[key]));
    named.chain([id.to_owned()]).map(|name| bare(&name).to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The gene that a line names by attribute instead of by parent. Names are shared more often than locus tags.
fn named_gene(feature: &Feature<'_>) -> Option<String> {
    feature.attributes.first_of(&["gene_id", "geneID", "locus_tag", "gene"]).map(|name| bare(&name).to_owned())
}
