//! BED6 rows: the interval of a gene, or the one base of its TSS; and genes.bed itself.

use crate::genome::{GeneRecord, Strand};
use crate::io::genes_bed::{self, Columns};

/// The rows read so far.
#[derive(Debug, Default)]
pub(super) struct Bed {
    genes: Vec<GeneRecord>,
    /// What the columns after the sixth are in all rows so far.
    columns: Option<Columns>,
    /// The seventh column of each row.
    ends: Vec<Option<u64>>,
}

impl Bed {
    pub(super) fn new() -> Self {
        Bed { genes: Vec::new(), columns: None, ends: Vec::new() }
    }

    /// Adds a row; columns after the sixth are ignored, but for those of a genes.bed.
    pub(super) fn add_line(&mut self, line: &str) -> Result<(), String> {
        // UCSC's programs cut at any white space; tabs allow blanks in names
        let columns: Vec<&str> =
            if line.contains('\t') { line.split('\t').collect() } else { line.split_whitespace().collect() };
        let [chrom, start, end, name, _score, strand, ..] = columns[..] else {
            return Err(format!(
                "expected 6 tab-separated columns (chromosome, start, end, gene id, score, strand), found {}",
                columns.len()
            ));
        };
        let number = |what: &str, text: &str| {
            text.parse::<u64>().map_err(|_| format!("{what} must be a whole number of bases, found {text:?}"))
        };
        let (start, end) = (number("start", start)?, number("end", end)?);
        if start >= end {
            return Err(format!("end must be greater than start, found {start}-{end}"));
        }
        if chrom.is_empty() || name.is_empty() {
            return Err("chromosome and gene id must not be empty".to_owned());
        }
        let own_end = columns.get(6).map_or(Some(None), |column| genes_bed::parse_end(column, start));
        let is_own = end == start + 1 && own_end.is_some();
        let here = if is_own { Columns::of_row(&columns) } else { Columns::Others };
        self.columns = Some(self.columns.map_or(here, |columns| columns.with(here)));
        self.ends.push(own_end.flatten());
        self.genes.push(GeneRecord {
            id: name.to_owned(),
            symbol: columns.get(7).map(|&symbol| symbol.to_owned()),
            chrom: chrom.to_owned(),
            span: start..end,
            circle: None,
            strand: strand.parse().ok(),
            biotype: None,
            derived: false,
            transcripts: Vec::new(),
        });
        Ok(())
    }

    /// The genes. A file whose every row is one base with a seventh column that can be its last base keeps these;
    /// where most of them are 5′ of the TSS the column is something else. What is a genes.bed keeps its symbols.
    pub(super) fn finish(mut self) -> Vec<GeneRecord> {
        let rows = self.genes.iter().zip(&self.ends);
        let beyond: Vec<bool> =
            rows.filter_map(|(gene, end)| Some(genes_bed::is_beyond((*end)?, gene.span.start, gene.strand?))).collect();
        let are_ends = beyond.iter().filter(|&&beyond| beyond).count() * 2 >= beyond.len();
        let columns = self.columns.filter(|_| are_ends);
        let has_symbols = columns == Some(Columns::EndsAndSymbols);
        let has_ends = has_symbols || columns == Some(Columns::Ends);
        for (gene, end) in self.genes.iter_mut().zip(self.ends) {
            if let (Some(end), Some(strand)) = (end.filter(|_| has_ends), gene.strand) {
                reach(gene, strand, end);
            }
            gene.symbol = gene.symbol.take().filter(|_| has_symbols);
        }
        self.genes
    }
}

/// Stretches a TSS to the gene that ends at `end`; an end 5′ of it lies beyond the origin of a circle.
fn reach(gene: &mut GeneRecord, strand: Strand, end: u64) {
    let tss = gene.span.start;
    let (first, last) = match strand {
        Strand::Forward => (tss, end),
        Strand::Reverse => (end, tss),
    };
    // how long the circle is does not matter, as long as both positions are on it
    let length = tss.max(end) + 1;
    gene.circle = (last < first).then_some(length);
    gene.span = first..last + 1 + gene.circle.unwrap_or(0);
}
