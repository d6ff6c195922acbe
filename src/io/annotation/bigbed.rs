//! Gene models as bigBed: each row becomes the lines that say the same in a text format.

use std::fmt::Write;

use super::ReadOptions;
use crate::io::bigbed::{BigBed, BigBedRow};

/// Columns that hold the id of a gene: bigGenePred's, then those of other tables.
const GENE: [&str; 5] = ["geneName", "geneId", "gene_id", "name2", "geneName2"];
/// Columns that hold the symbol.
const SYMBOL: [&str; 4] = ["geneName2", "name2", "gene_name", "geneSymbol"];
const BIOTYPE: [&str; 2] = ["geneType", "gene_type"];

/// Where the columns are that matter, as positions behind the first three.
pub(super) struct GeneColumns {
    gene: Vec<usize>,
    symbol: Vec<usize>,
    biotype: Vec<usize>,
    name: usize,
    thick: Option<[usize; 2]>,
    blocks: Option<[usize; 2]>,
}

impl GeneColumns {
    /// # Errors
    /// A column that `options` name and the file lacks; a file of fewer than six columns.
    pub(super) fn of(file: &BigBed, options: &ReadOptions) -> Result<Self, String> {
        let both = |names: [&str; 2]| Some([file.position(names[0])?, file.position(names[1])?]);
        let all = |names: &[&str]| names.iter().filter_map(|name| file.position(name)).collect::<Vec<_>>();
        if file.columns.len() < 6 {
            return Err(format!(
                "has {} columns, expected 6 at least: genes need a name and a strand",
                file.columns.len()
            ));
        }
        let gene = match &options.id_attribute {
            None => all(&GENE),
            Some(name) => match file.position(name) {
                Some(at) => vec![at],
                None => return Err(format!("has no column {name:?}; its columns are {}", file.columns.join(", "))),
            },
        };
        let blocks = both(["blockSizes", "blockStarts"]).or(both(["blockSizes", "chromStarts"]));
        Ok(GeneColumns {
            symbol: all(&SYMBOL),
            biotype: all(&BIOTYPE),
            name: 0,
            thick: both(["thickStart", "thickEnd"]),
            blocks: blocks.filter(|_| !gene.is_empty()),
            gene,
        })
    }

    /// Whether rows are transcripts that name their genes, rather than genes.
    fn name_genes(&self) -> bool {
        !self.gene.is_empty()
    }

    /// The lines of a row: BED where it is a gene, GTF where it is a transcript of one.
    ///
    /// # Errors
    /// Blocks that do not lie in the row.
    pub(super) fn lines(&self, row: &BigBedRow) -> Result<Vec<String>, String> {
        let cells: Vec<&str> = row.rest.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let BigBedRow { chrom, start, end, .. } = row;
        let (name, strand) = (cell(self.name), cell(2));
        if !self.name_genes() {
            return Ok(vec![format!("{chrom}\t{start}\t{end}\t{name}\t0\t{strand}")]);
        }
        let first = |columns: &[usize]| {
            let cells = columns.iter().map(|&at| cell(at).trim());
            cells.into_iter().find(|text| !matches!(*text, "" | "." | "none" | "NA" | "n/a")).map(str::to_owned)
        };
        let mut attributes = String::new();
        let gene = first(&self.gene).unwrap_or_else(|| name.to_owned());
        let values = [
            ("gene_id", Some(gene)),
            ("transcript_id", Some(name.to_owned())),
            ("gene_name", first(&self.symbol)),
            ("gene_biotype", first(&self.biotype)),
        ];
        for (key, value) in values {
            if let Some(value) = value {
                // a quote would end the value
                let _ = write!(attributes, "{key} \"{}\"; ", value.replace('"', "'"));
            }
        }
        let line = |kind: &str, start: u64, end: u64| {
            format!("{chrom}\tbigBed\t{kind}\t{}\t{end}\t.\t{strand}\t.\t{attributes}", start + 1)
        };
        let (start, end) = (u64::from(*start), u64::from(*end));
        let mut lines = vec![line("transcript", start, end)];
        let Some([sizes, starts]) = self.blocks else { return Ok(lines) };
        let thick = self.thick.and_then(|[from, to]| Some((cell(from).parse().ok()?, cell(to).parse().ok()?)));
        for (size, offset) in numbers(cell(sizes))?.into_iter().zip(numbers(cell(starts))?) {
            let (from, to) = (start + offset, start + offset + size);
            if size == 0 || to > end {
                return Err(format!("has a block {from}-{to}, outside the row"));
            }
            lines.push(line("exon", from, to));
            let (from, to) = thick.map_or((0, 0), |(first, last): (u64, u64)| (from.max(first), to.min(last)));
            if from < to {
                lines.push(line("CDS", from, to));
            }
        }
        Ok(lines)
    }
}

/// A list of numbers, separated by commas, one of which may stand at the end.
fn numbers(text: &str) -> Result<Vec<u64>, String> {
    let parse = |number: &str| number.trim().parse::<u32>().map(u64::from);
    let numbers: Result<_, _> = text.trim_end_matches(',').split(',').map(parse).collect();
    numbers.map_err(|_| format!("must hold numbers between commas, found {text:?}"))
}
