//! GTF: every line names its gene and, but for gene lines, its transcript.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::ReadOptions;
use super::attributes::says_something;
use super::draft::{Draft, Drafts, Labels, transcript_part};
use super::feature::{Feature, FeatureKind};
use super::tally::{Ignored, Tally};
use crate::genome::{GeneRecord, Strand, Transcript};

/// A transcript line that has nothing but its id (AUGUSTUS, BRAKER): other lines say which gene it is of.
struct BareTranscript {
    id: String,
    chrom: String,
    strand: Option<Strand>,
    part: Transcript,
}

/// The lines read so far.
pub(super) struct Gtf<'a> {
    options: &'a ReadOptions,
    drafts: Drafts,
    bare: Vec<BareTranscript>,
}

impl<'a> Gtf<'a> {
    pub(super) fn new(options: &'a ReadOptions) -> Self {
        Gtf { options, drafts: Drafts::default(), bare: Vec::new() }
    }

    pub(super) fn add(&mut self, feature: &Feature<'_>, tally: &mut Tally) {
        let named = feature.attributes.get("gene_id").filter(|id| says_something(id));
        let bare = if named.is_none() { bare_id(feature) } else { None };
        let gene_id = match (&named, &bare, feature.kind) {
            (Some(id), _, _) | (None, Some(id), FeatureKind::Gene) => id.as_ref(),
            (None, Some(id), FeatureKind::Transcript) => {
                let (chrom, part) = (feature.chrom.to_owned(), transcript_part(feature));
                self.bare.push(BareTranscript { id: id.to_string(), chrom, strand: feature.strand, part });
                return;
            }
            _ => return tally.ignore(Ignored::unnamed(feature.kind)),
        };
        let draft = self.drafts.at(gene_id, feature.chrom, feature.strand);
        // FlyBase calls the transcript of a pseudogene a pseudogene
        let transcript_id = || feature.attributes.get("transcript_id").filter(|id| says_something(id));
        if feature.kind == FeatureKind::Gene && (feature.kind_name == "gene" || transcript_id().is_none()) {
            draft.gene_lines.push((feature.span.clone(), Labels::of(feature, self.options)));
            return;
        }
        // where a gene line tells all, other lines are not even looked into
        let has_line = !draft.gene_lines.is_empty();
        if has_line && !self.options.transcripts {
            return;
        }
        let labels = if has_line { Labels::default() } else { Labels::of(feature, self.options) };
        draft.add_part(&transcript_id().unwrap_or_default(), transcript_part(feature), labels);
    }

    pub(super) fn finish(mut self, tally: &mut Tally) -> Vec<GeneRecord> {
        self.place_bare_transcripts(tally);
        let drafts = self.drafts.into_list();
        let has_line = |draft: &Draft| !draft.gene_lines.is_empty();
        let lines: HashSet<(&str, &str)> =
            drafts.iter().filter(|draft| has_line(draft)).map(|draft| (&*draft.id, &*draft.chrom)).collect();
        // a gene line on one strand is believed against other lines on the other
        let is_gene = |draft: &Draft| has_line(draft) || !lines.contains(&(&*draft.id, &*draft.chrom));
        let are_genes: Vec<bool> = drafts.iter().map(is_gene).collect();
        let mut records = Vec::new();
        for (draft, is_gene) in drafts.into_iter().zip(are_genes) {
            if is_gene {
                records.extend(draft.into_records(tally));
            } else {
                tally.ignore_lines(Ignored::Elsewhere, draft.lines);
            }
        }
        records
    }

    fn place_bare_transcripts(&mut self, tally: &mut Tally) {
        if self.bare.is_empty() {
            return;
        }
        let drafts = self.drafts.as_mut_slice();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            for name in draft.names() {
                by_name.entry(name.to_owned()).or_default().push(at);
            }
        }
        for BareTranscript { id, chrom, strand, part } in std::mem::take(&mut self.bare) {
            // AUGUSTUS: g1.t1 is a transcript of g1
            let gene_id = id.rsplit_once('.').map_or("", |(gene, _)| gene);
            let named = [id.as_str(), gene_id].into_iter().filter_map(|name| by_name.get(name)).flatten();
            let is_here = |draft: &Draft| draft.chrom == chrom && draft.strand == strand;
            match named.copied().find(|&at| is_here(&drafts[at])) {
                Some(at) => drafts[at].add_part(&id, part, Labels::default()),
                // where transcripts are not asked for, those of genes with a gene line are not known
                None if self.options.transcripts => tally.ignore(Ignored::NoGeneId),
                None => {}
            }
        }
    }
}

/// The id of a gene or transcript line without `gene_id`: the bare word of AUGUSTUS, or `ID` after a repair of such.
fn bare_id<'a>(feature: &Feature<'a>) -> Option<Cow<'a, str>> {
    let attributes = feature.attributes;
    attributes.bare_id().map(Cow::Borrowed).or_else(|| attributes.get("ID").filter(|id| says_something(id)))
}
