//! bigBed as input: blacklists and gene models, written by bigtools, whole and damaged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use attentrack::genome::{Chrom, ChromAlias, Chroms, GeneRecord, Strand};
use attentrack::io::annotation::{self, Format, ReadOptions};
use attentrack::io::signal::read_blacklist;
use attentrack::matrix::Blacklist;
use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BedEntry, BigBedWrite};

const BED4: &str = "table regions\n\"Regions\"\n(\nstring chrom; \"c\"\nuint chromStart; \"s\"\nuint chromEnd; \"e\"\nstring name; \"n\"\n)\n";
/// The table of bigGenePred, as UCSC ships it, without its comments.
const GENE_PRED: &str = "table bigGenePred\n\"bigGenePred gene models\"\n(\nstring chrom; \"c\"\nuint chromStart; \"s\"\nuint chromEnd; \"e\"\nstring name; \"n\"\nuint score; \"s\"\nchar[1] strand; \"s\"\nuint thickStart; \"t\"\nuint thickEnd; \"t\"\nuint reserved; \"r\"\nint blockCount; \"b\"\nint[blockCount] blockSizes; \"b\"\nint[blockCount] chromStarts; \"b\"\nstring name2; \"n\"\nstring cdsStartStat; \"c\"\nstring cdsEndStat; \"c\"\nint[blockCount] exonFrames; \"e\"\nstring type; \"t\"\nstring geneName; \"g\"\nstring geneName2; \"g\"\nstring geneType; \"g\"\n)\n";

type Row = (&'static str, u32, u32, String);

fn write(path: &Path, autosql: &str, rows: Vec<Row>) {
    let sizes: HashMap<String, u32> = [("chr1".to_owned(), 10_000_000), ("chr2".to_owned(), 50_000)].into();
    let mut out = BigBedWrite::create_file(path.to_str().unwrap(), sizes).unwrap();
    out.autosql = Some(autosql.to_owned());
    let rows = rows.into_iter().map(|(chrom, start, end, rest)| (chrom, BedEntry { start, end, rest }));
    let data = BedParserStreamingIterator::wrap_infallible_iter(rows, false);
    out.write(data, tokio::runtime::Builder::new_current_thread().build().unwrap()).unwrap();
}

fn regions(path: &Path) {
    let mut rows: Vec<Row> =
        (0..3000).map(|at| ("chr1", at * 3000 + at % 7, at * 3000 + 1000, format!("r{at}"))).collect();
    rows.push(("chr2", 10, 20, "last".to_owned()));
    write(path, BED4, rows);
}

fn blacklist(path: &Path) -> Result<Blacklist, String> {
    let chroms: Chroms = ["1", "2"].map(|name| Chrom { name: name.into(), length: None }).into_iter().collect();
    read_blacklist(path, &chroms, &ChromAlias::Auto).map_err(|error| error.to_string())
}

fn genes(path: &Path, options: &ReadOptions) -> Result<Vec<GeneRecord>, String> {
    let read = annotation::read(path, options).map_err(|error| error.to_string())?;
    assert_eq!(read.format, Format::BigBed);
    let mut genes = read.genes;
    genes.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(genes)
}

fn file(dir: &tempfile::TempDir, name: &str) -> PathBuf {
    dir.path().join(name)
}

#[test]
fn a_blacklist_is_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "regions.bb");
    regions(&path);
    let found = blacklist(&path).unwrap();
    assert_eq!(found.overlapping(0, 0, 3500), [0..1000, 3001..4000]);
    assert_eq!(found.overlapping(1, 0, 50_000).first(), Some(&(10..20)));
    let bases: i64 = found.overlapping(0, 0, 10_000_000).iter().map(|interval| interval.end - interval.start).sum();
    assert_eq!(bases, (0..3000).map(|at| 1000 - at % 7).sum::<i64>());
}

#[test]
fn transcripts_that_name_their_gene_become_its_gene() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "genes.bb");
    let rest = |name: &str, strand, thick, blocks, gene: &str| {
        format!(
            "{name}\t0\t{strand}\t{thick}\t0\t{blocks}\tS{gene}\tcmpl\tcmpl\t0,\tcoding\tG{gene}\tSYM{gene}\tprotein_coding"
        )
    };
    let rows = vec![
        ("chr1", 100, 900, rest("T1", '+', "150\t200", "2\t100,50,\t0,750,", "1")),
        ("chr1", 300, 1200, rest("T2", '+', "300\t300", "1\t900\t0", "1")),
        ("chr2", 40, 90, rest("T3", '-', "40\t90", "1\t50,\t0,", "2")),
    ];
    write(&path, GENE_PRED, rows);
    let found = genes(&path, &ReadOptions { transcripts: true, ..ReadOptions::default() }).unwrap();
    let [one, two] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&*one.id, &*one.chrom, one.span.clone(), one.strand), ("G1", "chr1", 100..1200, Some(Strand::Forward)));
    assert_eq!((&*two.id, &*two.chrom, two.span.clone(), two.strand), ("G2", "chr2", 40..90, Some(Strand::Reverse)));
    assert_eq!(one.biotype.as_deref(), Some("protein_coding"));
    let mut parts: Vec<_> = one.transcripts.iter().map(|part| (&*part.id, part.exon_bp, part.cds_bp)).collect();
    parts.sort_unstable();
    assert_eq!(parts, [("T1", 150, 50), ("T2", 900, 0)]);
    // any column may be the id
    let by_symbol = ReadOptions { id_attribute: Some("geneName2".to_owned()), ..ReadOptions::default() };
    assert_eq!(genes(&path, &by_symbol).unwrap()[0].id, "SYM1");
    let problem = genes(&path, &ReadOptions { id_attribute: Some("x".to_owned()), ..by_symbol }).unwrap_err();
    assert!(problem.contains("no column \"x\"; its columns are chrom, chromStart"), "{problem}");
}

#[test]
fn rows_without_a_gene_column_are_genes() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "genes.bb");
    let bed6 = BED4.replace(")\n", "uint score; \"s\"\nchar[1] strand; \"s\"\n)\n");
    write(&path, &bed6, vec![("chr1", 5, 9, "A\t0\t+".into()), ("chr1", 7, 8, "B\t0\t-".into())]);
    let found = genes(&path, &ReadOptions::default()).unwrap();
    assert_eq!(found.iter().map(|gene| (&*gene.id, gene.span.clone())).collect::<Vec<_>>(), [("A", 5..9), ("B", 7..8)]);
    regions(&path);
    let problem = genes(&path, &ReadOptions::default()).unwrap_err();
    assert!(problem.contains("has 4 columns, expected 6 at least"), "{problem}");
}

/// Whatever is cut off or changed, there is a message, or what was read is what the whole file holds.
#[test]
fn damage_is_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, damaged) = (file(&dir, "regions.bb"), file(&dir, "damaged.bb"));
    regions(&whole);
    let expected = blacklist(&whole).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let mut refused = 0;
    let mut check = |what: String, bytes: &[u8]| {
        std::fs::write(&damaged, bytes).unwrap();
        match blacklist(&damaged) {
            Ok(found) => assert!(found == expected, "{what}: read as something else"),
            Err(problem) => {
                assert!(problem.starts_with(&damaged.display().to_string()), "{what}: {problem}");
                refused += 1;
            }
        }
    };
    // no byte at all is an empty BED
    for length in (1..bytes.len()).step_by(1024) {
        check(format!("cut at {length}"), &bytes[..length]);
    }
    // the names and lengths of chromosomes can be anything: nothing tells
    let offset = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let chroms = offset(8);
    for at in (0..bytes.len()).step_by(11).chain(0..64).filter(|at| !(chroms..chroms + 200).contains(at)) {
        for mask in [0xff, 0x01] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            check(format!("byte {at} ^ {mask}"), &changed);
        }
    }
    assert!(refused > 100, "only {refused} refused");
}
