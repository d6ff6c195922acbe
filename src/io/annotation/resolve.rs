//! GFF3 after its last line: who is whose child, and which genes there are.

use std::collections::HashMap;
use std::ops::Range;

use super::attributes::bare;
use super::draft::{Draft, Drafts, Labels, Transcripts};
use super::gff3_lines::{Gff3, Gff3Node, Slot};
use super::landmarks::Landmarks;
use super::pieces;
use super::tally::{Ignored, Tally};
use crate::genome::{GeneRecord, Strand, Transcript};

/// Longest chain of parents that is followed; a longer one is a circle.
const DEEPEST: usize = 16;

/// Whom a reference by id leads to.
enum Found {
    Node(usize),
    /// The id is in the file, but at another place.
    Elsewhere,
    Nobody,
}

/// Where what is known of a transcript goes.
#[derive(Clone)]
enum Belongs {
    /// To gene lines.
    Genes(Vec<usize>),
    /// To a gene that is only named.
    Named(String),
    /// It is a gene of its own.
    Own(String),
    Nowhere(Ignored),
}

/// The genes of the lines read.
pub(super) fn genes(mut read: Gff3<'_>, landmarks: &Landmarks, tally: &mut Tally) -> Vec<GeneRecord> {
    pieces::join(&mut read, landmarks, tally);
    let slots = std::mem::take(&mut read.slots);
    let family = Family::new(&read.nodes, &slots);
    let mut genes = Genes {
        family: &family,
        wants_transcripts: read.options.transcripts,
        transcripts: HashMap::new(),
        named: std::mem::take(&mut read.named),
        own: Drafts::default(),
    };
    let alive = || slots.values().flat_map(|slot| slot.nodes.iter().copied());
    let without_id = (0..read.nodes.len()).filter(|&at| read.nodes[at].id.is_empty());
    let all: Vec<usize> = alive().chain(without_id).collect();
    for &at in all.iter().filter(|&&at| !family.is_gene(at)) {
        let node = &read.nodes[at];
        genes.add(at, 1, node.part.clone(), node.labels.clone(), tally);
    }
    for (id, slot) in &slots {
        for parts in &slot.parts {
            let seeker = Seeker { chrom: &parts.chrom, strand: parts.strand, span: &parts.sum.span, own: None };
            match find(&read.nodes, slot, &seeker) {
                Found::Node(at) if family.is_gene(at) => {}
                Found::Node(at) => genes.add(at, parts.lines, parts.sum.clone(), parts.labels.clone(), tally),
                Found::Elsewhere => tally.ignore_lines(Ignored::Elsewhere, parts.lines),
                // lines that have a parent besides this one
                Found::Nobody if parts.lines == 0 => {}
                Found::Nobody => match &parts.gene {
                    Some(gene) => genes.named.at(gene, &parts.chrom, parts.strand).add_parts(
                        bare(id),
                        parts.lines,
                        parts.sum.clone(),
                        parts.labels.clone(),
                    ),
                    None => tally.ignore_lines(Ignored::NoParent, parts.lines),
                },
            }
        }
    }
    for line in &read.waiting {
        let is_known = |parent: &String| slots.get(parent).is_some_and(|slot| !slot.nodes.is_empty());
        if line.parents.iter().any(is_known) {
            continue;
        }
        match &line.gene {
            Some(gene) => {
                let draft = genes.named.at(gene, &line.chrom, line.strand);
                draft.add_parts("", 1, line.part.clone(), line.labels.clone());
            }
            None => tally.ignore(Ignored::NoParent),
        }
    }
    let alone = std::mem::take(&mut read.alone).into_list();
    let mut records = genes.records(&all, tally);
    for draft in alone {
        // a CDS that belongs to nobody is a gene only where nothing else is one
        if read.nodes.is_empty() {
            records.extend(draft.into_records(tally));
        } else {
            tally.ignore_lines(Ignored::NoGeneId, draft.lines);
        }
    }
    records
}

/// A place that refers to an id, and what it hopes to find there.
struct Seeker<'a> {
    chrom: &'a str,
    strand: Option<Strand>,
    span: &'a Range<u64>,
    /// The line itself, which may have the id of its parent.
    own: Option<usize>,
}

/// The line that an id refers to, seen from a place: on the same sequence and strand, one that overlaps before others.
/// Where a gene and its transcript share an id, transcripts are children of the one and exons of the other.
fn find(nodes: &[Gff3Node], slot: &Slot, seeker: &Seeker<'_>) -> Found {
    let Seeker { chrom, strand, span, own } = *seeker;
    if slot.nodes.iter().all(|&at| Some(at) == own) {
        return Found::Nobody;
    }
    let key = |node: &Gff3Node| {
        let overlaps = node.part.span.start < span.end && span.start < node.part.span.end;
        let is_of_wrong_kind = node.gene_name.is_some() != own.is_some();
        (!overlaps, node.strand != strand, is_of_wrong_kind, node.part.span.start, node.part.span.end)
    };
    let here = slot.nodes.iter().copied().filter(|&at| Some(at) != own && is_at(&nodes[at], chrom, strand));
    here.min_by_key(|&at| key(&nodes[at])).map_or(Found::Elsewhere, Found::Node)
}

/// Whether a line is on that sequence and not on the other strand.
fn is_at(node: &Gff3Node, chrom: &str, strand: Option<Strand>) -> bool {
    node.chrom == chrom && (node.strand == strand || node.strand.is_none() || strand.is_none())
}

/// Gene and transcript lines with their parents found.
struct Family<'a> {
    nodes: &'a [Gff3Node],
    parents: Vec<Vec<usize>>,
    /// Has a parent in the file, but at another place.
    has_parent_elsewhere: Vec<bool>,
}

impl<'a> Family<'a> {
    fn new(nodes: &'a [Gff3Node], slots: &HashMap<String, Slot>) -> Self {
        let mut family =
            Family { nodes, parents: vec![Vec::new(); nodes.len()], has_parent_elsewhere: vec![false; nodes.len()] };
        for (at, node) in nodes.iter().enumerate() {
            let seeker = Seeker { chrom: &node.chrom, strand: node.strand, span: &node.part.span, own: Some(at) };
            for slot in node.parents.iter().filter_map(|parent| slots.get(parent)) {
                match find(nodes, slot, &seeker) {
                    Found::Node(parent) => family.parents[at].push(parent),
                    Found::Elsewhere => family.has_parent_elsewhere[at] = true,
                    Found::Nobody => {}
                }
            }
        }
        family
    }

    /// A line of a gene's kind whose parent, if it names one, is not a gene or transcript. FlyBase and Ensembl Fungi
    /// call the transcript of a pseudogene a pseudogene.
    fn is_gene(&self, at: usize) -> bool {
        self.nodes[at].gene_name.is_some() && self.parents[at].is_empty() && !self.has_parent_elsewhere[at]
    }

    /// The transcript that a line belongs to, itself if it is not part of another, and whether it is another: a mature
    /// miRNA has no TSS of its own.
    fn transcript(&self, mut at: usize) -> Option<(usize, bool)> {
        let start = at;
        for _ in 0..DEEPEST {
            match self.parents[at]
                .iter()
                .copied()
                .filter(|&parent| !self.is_gene(parent))
                .min_by_key(|&parent| self.key(parent))
            {
                Some(parent) if !self.parents[at].iter().any(|&parent| self.is_gene(parent)) => at = parent,
                _ => return Some((at, at != start)),
            }
        }
        None
    }

    fn key(&self, at: usize) -> (&str, u64) {
        (&self.nodes[at].id, self.nodes[at].part.span.start)
    }

    /// Where a transcript that is no part of another belongs.
    fn place(&self, at: usize) -> Belongs {
        let genes: Vec<usize> = self.parents[at].iter().copied().filter(|&parent| self.is_gene(parent)).collect();
        let node = &self.nodes[at];
        if !genes.is_empty() {
            return Belongs::Genes(genes);
        }
        if self.has_parent_elsewhere[at] {
            return Belongs::Nowhere(Ignored::Elsewhere);
        }
        match &node.gene {
            Some(gene) => Belongs::Named(gene.clone()),
            None if !node.parents.is_empty() => Belongs::Nowhere(Ignored::NoParent),
            None if node.id.is_empty() => Belongs::Nowhere(Ignored::NoGeneId),
            None => Belongs::Own(bare(&node.id).to_owned()),
        }
    }
}

/// Genes as they fill.
struct Genes<'a> {
    family: &'a Family<'a>,
    wants_transcripts: bool,
    /// Transcripts of gene lines.
    transcripts: HashMap<usize, Transcripts>,
    named: Drafts,
    own: Drafts,
}

impl Genes<'_> {
    /// Adds what is known of a transcript line, or of its parts, to where it belongs.
    fn add(&mut self, at: usize, lines: u64, mut part: Transcript, labels: Labels, tally: &mut Tally) {
        let Some((transcript, is_nested)) = self.family.transcript(at) else {
            return tally.ignore_lines(Ignored::NoParent, lines);
        };
        if is_nested {
            (part.exon_bp, part.cds_bp, part.canonical) = (0, 0, None);
        }
        let node = &self.family.nodes[transcript];
        match self.family.place(transcript) {
            Belongs::Genes(genes) => {
                for gene in genes.into_iter().filter(|_| self.wants_transcripts) {
                    self.transcripts.entry(gene).or_default().add(&node.name, part.clone());
                }
            }
            Belongs::Named(gene) => {
                self.named.at(&gene, &node.chrom, node.strand).add_parts(&node.name, lines, part, labels);
            }
            Belongs::Own(gene) => {
                self.own.at(&gene, &node.chrom, node.strand).add_parts(&node.name, lines, part, labels)
            }
            Belongs::Nowhere(reason) => tally.ignore_lines(reason, lines),
        }
    }

    fn records(mut self, nodes: &[usize], tally: &mut Tally) -> Vec<GeneRecord> {
        let family = self.family;
        let genes: Vec<usize> = nodes.iter().copied().filter(|&at| family.is_gene(at)).collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for &at in &genes {
            for name in &family.nodes[at].called {
                by_name.entry(name).or_default().push(at);
            }
        }
        let mut records = Vec::new();
        for draft in std::mem::take(&mut self.named).into_list() {
            match by_name.get(draft.id.as_str()) {
                Some(genes) => self.claim(genes, draft, tally),
                None => records.extend(draft.into_records(tally)),
            }
        }
        for draft in std::mem::take(&mut self.own).into_list() {
            records.extend(draft.into_records(tally));
        }
        records.extend(genes.iter().map(|&at| {
            let node = &family.nodes[at];
            let transcripts = self.transcripts.remove(&at).unwrap_or_default().named();
            tally.without_id_attribute += u64::from(node.labels.wanted_id.is_none());
            gene_record(node, is_shared(node, &by_name, family.nodes), transcripts)
        }));
        records
    }

    /// Lets gene lines have what other lines say of the gene of their name.
    fn claim(&mut self, genes: &[usize], draft: Draft, tally: &mut Tally) {
        let lines = draft.lines;
        let (chrom, strand) = (draft.chrom.clone(), draft.strand);
        let mut is_claimed = false;
        for transcript in draft.into_transcripts() {
            for &at in genes {
                let node = &self.family.nodes[at];
                let is_here = is_at(node, &chrom, strand);
                let span = &node.part.span;
                if is_here && span.start < transcript.span.end && transcript.span.start < span.end {
                    is_claimed = true;
                    if self.wants_transcripts {
                        self.transcripts.entry(at).or_default().add(&transcript.id, transcript.clone());
                    }
                }
            }
        }
        if !is_claimed {
            tally.ignore_lines(Ignored::Elsewhere, lines);
        }
    }
}

/// Whether another gene line without `ID` has the same name.
fn is_shared(node: &Gff3Node, by_name: &HashMap<&str, Vec<usize>>, nodes: &[Gff3Node]) -> bool {
    let same = node.gene_name.as_deref().and_then(|name| by_name.get(name)).map_or(&[][..], Vec::as_slice);
    let is_twin = |&&at: &&usize| nodes[at].id.is_empty() && nodes[at].gene_name == node.gene_name;
    node.id.is_empty() && same.iter().filter(is_twin).nth(1).is_some()
}

fn gene_record(node: &Gff3Node, is_shared: bool, transcripts: Vec<Transcript>) -> GeneRecord {
    let locus_tag = node.locus_tag.clone().filter(|_| is_shared);
    let id = node.labels.wanted_id.clone().or(locus_tag).or_else(|| node.gene_name.clone());
    GeneRecord {
        id: id.unwrap_or_default(),
        symbol: node.labels.symbol.clone(),
        chrom: node.chrom.clone(),
        span: node.part.span.clone(),
        circle: None,
        strand: node.strand,
        biotype: node.labels.biotype.clone(),
        derived: false,
        transcripts,
    }
}
