//! Genes put together from lines that name them, in any order: all that is kept of a line is a minimum, a maximum or
//! a sum.

use std::collections::HashMap;
use std::ops::Range;

use super::ReadOptions;
use super::feature::{Feature, FeatureKind};
use super::tally::Tally;
use crate::genome::{GeneRecord, Strand, Transcript, copied_transcript};

/// What lines say of their gene besides where it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    pub(super) biotype: Option<String>,
    /// What people call it.
    pub(super) symbol: Option<String>,
    /// The value of the attribute that the user wants as id.
    pub(super) wanted_id: Option<String>,
}

impl Labels {
    pub(super) fn of(feature: &Feature<'_>, options: &ReadOptions) -> Self {
        let wanted = options.id_attribute.as_ref();
        Labels {
            biotype: feature.attributes.biotype(),
            symbol: feature.attributes.symbol(feature.kind == FeatureKind::Gene),
            wanted_id: wanted.and_then(|name| feature.attributes.named_id(name)),
        }
    }

    /// Takes another line's word into account. A gene with one coding transcript is coding.
    pub(super) fn merge(&mut self, other: Labels) {
        let rank = |biotype: &String| (biotype != "protein_coding", biotype.clone());
        self.biotype = self.biotype.take().into_iter().chain(other.biotype).min_by_key(rank);
        self.symbol = self.symbol.take().into_iter().chain(other.symbol).min();
        self.wanted_id = self.wanted_id.take().into_iter().chain(other.wanted_id).min();
    }
}

/// Everything that lines say of one gene on one strand of one sequence.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) chrom: String,
    pub(super) strand: Option<Strand>,
    /// Each gene line.
    pub(super) gene_lines: Vec<(Range<u64>, Labels)>,
    /// How many lines other than gene lines there are, where there is no gene line.
    pub(super) lines: u64,
    /// What these other lines say of the gene.
    labels: Labels,
    transcripts: Transcripts,
}

/// Transcripts by id; lines without a transcript's id are under the empty one.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcripts {
    list: Vec<Transcript>,
    index: HashMap<String, usize>,
}

impl Transcripts {
    /// Lets a line tell how far a transcript reaches.
    pub(super) fn add(&mut self, id: &str, part: Transcript) {
        // most lines belong to the transcript of the line before
        let at = match self.list.last() {
            Some(last) if last.id == id => Some(self.list.len() - 1),
            _ => self.index.get(id).copied(),
        };
        let Some(at) = at else {
            self.index.insert(id.to_owned(), self.list.len());
            self.list.push(Transcript { id: id.to_owned(), ..part });
            return;
        };
        let known = &mut self.list[at];
        known.span = known.span.start.min(part.span.start)..known.span.end.max(part.span.end);
        known.exon_bp += part.exon_bp;
        known.cds_bp += part.cds_bp;
        known.canonical = known.canonical.into_iter().chain(part.canonical).min();
    }

    /// Those that have an id.
    pub(super) fn named(self) -> Vec<Transcript> {
        self.list.into_iter().filter(|transcript| !transcript.id.is_empty()).collect()
    }
}

/// What one line tells of its transcript.
pub(super) fn transcript_part(feature: &Feature<'_>) -> Transcript {
    let length = feature.span.end - feature.span.start;
    Transcript {
        id: String::new(),
        span: feature.span.clone(),
        cds_bp: if feature.kind == FeatureKind::Cds { length } else { 0 },
        exon_bp: if feature.kind == FeatureKind::Exon { length } else { 0 },
        canonical: if feature.kind == FeatureKind::Transcript { feature.attributes.canonical() } else { None },
    }
}

impl Draft {
    /// Adds what a line other than a gene line says.
    pub(super) fn add_part(&mut self, transcript: &str, part: Transcript, labels: Labels) {
        self.add_parts(transcript, 1, part, labels);
    }

    /// Adds what several such lines add up to.
    pub(super) fn add_parts(&mut self, transcript: &str, lines: u64, part: Transcript, labels: Labels) {
        self.lines += lines;
        self.labels.merge(labels);
        self.transcripts.add(transcript, part);
    }

    /// The names that lines can refer to it by: its id, and those of its transcripts.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.transcripts.list.iter().map(|transcript| transcript.id.as_str()))
    }

    /// What its lines other than gene lines say.
    pub(super) fn into_transcripts(self) -> Vec<Transcript> {
        self.transcripts.list
    }

    /// A place of the gene; `derived` if no gene line tells its span.
    fn record(&self, span: Range<u64>, labels: Labels, derived: bool, tally: &mut Tally) -> GeneRecord {
        tally.without_id_attribute += u64::from(labels.wanted_id.is_none());
        GeneRecord {
            id: labels.wanted_id.unwrap_or_else(|| self.id.clone()),
            symbol: labels.symbol,
            chrom: self.chrom.clone(),
            span,
            circle: None,
            strand: self.strand,
            biotype: labels.biotype,
            derived,
            transcripts: Vec::new(),
        }
    }

    /// The gene at each of its places: of each gene line, or, where there is none, the outermost of its transcripts;
    /// numbered copies of transcripts lie at places of their own.
    pub(super) fn into_records(mut self, tally: &mut Tally) -> Vec<GeneRecord> {
        let mut parts = std::mem::take(&mut self.transcripts).list;
        if !self.gene_lines.is_empty() {
            let lines = std::mem::take(&mut self.gene_lines);
            let mut records: Vec<_> =
                lines.into_iter().map(|(span, labels)| self.record(span, labels, false, tally)).collect();
            parts.retain(|transcript| !transcript.id.is_empty());
            share_out(&mut records, parts);
            return records;
        }
        parts.sort_by_key(|transcript| transcript.span.start);
        let has_copies = parts.iter().any(|transcript| copied_transcript(&transcript.id).is_some());
        let mut records: Vec<GeneRecord> = Vec::new();
        for transcript in parts {
            match records.last_mut().filter(|record| !has_copies || transcript.span.start < record.span.end) {
                Some(record) => record.span.end = record.span.end.max(transcript.span.end),
                None => records.push(self.record(transcript.span.clone(), self.labels.clone(), true, tally)),
            }
            if let Some(record) = records.last_mut().filter(|_| !transcript.id.is_empty()) {
                record.transcripts.push(transcript);
            }
        }
        tally.split_genes += u64::from(records.len() > 1);
        records
    }
}

/// Gives each transcript to the records that it overlaps, or to the only one.
fn share_out(records: &mut [GeneRecord], transcripts: Vec<Transcript>) {
    if let [record] = records {
        record.transcripts = transcripts;
        return;
    }
    for record in records {
        let overlaps = |other: &Range<u64>| other.start < record.span.end && record.span.start < other.end;
        record.transcripts = transcripts.iter().filter(|transcript| overlaps(&transcript.span)).cloned().collect();
    }
}

/// Drafts by gene id, sequence and strand.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    list: Vec<Draft>,
    by_key: HashMap<String, usize>,
    /// The key of the last line, and its draft: most lines belong to the same one.
    last: (String, usize),
    key: String,
}

impl Drafts {
    /// The draft of that gene at that place.
    pub(super) fn at(&mut self, id: &str, chrom: &str, strand: Option<Strand>) -> &mut Draft {
        let key = &mut self.key;
        key.clear();
        for (piece, end) in [(id, "\t"), (chrom, "\t")] {
            key.push_str(piece);
            key.push_str(end);
        }
        key.push(strand.map_or('.', Strand::symbol));
        if *key != self.last.0 {
            let at = self.by_key.get(key.as_str()).copied().unwrap_or_else(|| {
                self.list.push(Draft {
                    id: id.to_owned(),
                    chrom: chrom.to_owned(),
                    strand,
                    gene_lines: Vec::new(),
                    lines: 0,
                    labels: Labels::default(),
                    transcripts: Transcripts::default(),
                });
                self.by_key.insert(key.clone(), self.list.len() - 1);
                self.list.len() - 1
            });
            self.last.0.clone_from(key);
            self.last.1 = at;
        }
        &mut self.list[self.last.1]
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Draft] {
        &mut self.list
    }

    pub(super) fn into_list(self) -> Vec<Draft> {
        self.list
    }
}
