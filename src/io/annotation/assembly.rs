//! Genes put together from the lines of a file.

use std::collections::HashMap;

use super::feature::{Feature, Kind};
use super::format::Format;
use super::{Annotation, ReadOptions};
use crate::genome::{GeneRecord, Transcript};

/// Where a line belongs: a gene, and the transcript within it if transcripts are collected.
pub(super) type Place = (usize, Option<usize>);

/// The genes read so far.
pub(super) struct Assembly<'a> {
    pub(super) options: &'a ReadOptions,
    pub(super) genes: Vec<GeneRecord>,
    pub(super) orphan_lines: u64,
    without_id_attribute: usize,
    genes_by_key: HashMap<String, usize>,
    places: HashMap<String, Place>,
    /// The gene of the last line: most lines belong to the same one.
    last: Option<(String, usize)>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(options: &'a ReadOptions) -> Self {
        Assembly {
            options,
            genes: Vec::new(),
            orphan_lines: 0,
            without_id_attribute: 0,
            genes_by_key: HashMap::new(),
            places: HashMap::new(),
            last: None,
        }
    }

    /// The gene known under `key`, a name that is unique to a gene and its place.
    pub(super) fn gene(&mut self, key: &str) -> Option<usize> {
        if let Some((last, at)) = &self.last
            && last == key
        {
            return Some(*at);
        }
        let at = *self.genes_by_key.get(key)?;
        self.last = Some((key.to_owned(), at));
        Some(at)
    }

    /// Adds a gene; `derived` says that no gene line describes it, so that further lines extend it.
    pub(super) fn add_gene(&mut self, key: &str, id: &str, feature: &Feature<'_>, derived: bool) -> usize {
        let named = self.options.id_attribute.as_ref().map(|name| feature.attributes.named_id(name));
        self.without_id_attribute += usize::from(named == Some(None));
        self.genes.push(GeneRecord {
            id: named.flatten().unwrap_or_else(|| id.to_owned()),
            chrom: feature.chrom.to_owned(),
            span: feature.span.clone(),
            strand: feature.strand,
            biotype: feature.attributes.biotype(),
            derived,
            transcripts: Vec::new(),
        });
        let at = self.genes.len() - 1;
        // of a gene described twice under one key the first keeps the key, the second is a duplicate
        self.genes_by_key.entry(key.to_owned()).or_insert(at);
        self.last = None;
        at
    }

    /// A gene line: describes a gene that other lines may have mentioned before.
    pub(super) fn gene_line(&mut self, key: &str, id: &str, feature: &Feature<'_>) {
        match self.gene(key) {
            Some(at) if self.genes[at].derived => {
                let gene = &mut self.genes[at];
                gene.derived = false;
                gene.span = feature.span.clone();
                gene.biotype = feature.attributes.biotype().or(gene.biotype.take());
            }
            _ => {
                self.add_gene(key, id, feature, false);
            }
        }
    }

    /// The place known under a transcript's key.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        self.places.get(key).copied()
    }

    /// The transcript known under `key`, added to `gene` if it is new.
    pub(super) fn transcript(&mut self, key: &str, id: &str, gene: usize, feature: &Feature<'_>) -> Place {
        if let Some(place) = self.place(key) {
            return place;
        }
        let transcript = self.options.transcripts.then(|| {
            self.genes[gene].transcripts.push(Transcript {
                id: id.to_owned(),
                span: feature.span.clone(),
                cds_bp: 0,
                exon_bp: 0,
                canonical: feature.attributes.canonical(),
            });
            self.genes[gene].transcripts.len() - 1
        });
        self.places.insert(key.to_owned(), (gene, transcript));
        (gene, transcript)
    }

    /// Lets a line tell how far its gene and its transcript reach.
    pub(super) fn extend(&mut self, (gene, transcript): Place, feature: &Feature<'_>) {
        let record = &mut self.genes[gene];
        if record.derived {
            widen(&mut record.span, feature);
            if record.biotype.is_none() {
                record.biotype = feature.attributes.biotype();
            }
        }
        let Some(transcript) = transcript.and_then(|at| record.transcripts.get_mut(at)) else { return };
        widen(&mut transcript.span, feature);
        let length = feature.span.end - feature.span.start;
        match feature.kind {
            Kind::Exon => transcript.exon_bp += length,
            Kind::Cds => transcript.cds_bp += length,
            Kind::Transcript => {
                transcript.canonical = match (transcript.canonical, feature.attributes.canonical()) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                }
            }
            _ => {}
        }
    }

    pub(super) fn finish(self, format: Format) -> Annotation {
        Annotation {
            format,
            genes: self.genes,
            orphan_lines: self.orphan_lines,
            without_id_attribute: self.without_id_attribute,
        }
    }
}

fn widen(span: &mut std::ops::Range<u64>, feature: &Feature<'_>) {
    span.start = span.start.min(feature.span.start);
    span.end = span.end.max(feature.span.end);
}
