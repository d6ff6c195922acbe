use proptest::prelude::*;

use super::*;

fn read_with(content: &str, columns: &Columns) -> Result<Expression> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    read(file.path(), columns)
}

fn columns(sample: &str) -> Columns {
    Columns { sample: sample.to_owned(), gene: None, keep_version: false, duplicates: Duplicates::Sum }
}

fn read_text(content: &str, sample: &str) -> Result<Expression> {
    read_with(content, &columns(sample))
}

fn genes(content: &str, sample: &str) -> Vec<(String, Option<f64>)> {
    read_text(content, sample).unwrap().genes
}

#[test]
fn the_shapes_that_people_have() {
    let expected = [("a".to_owned(), Some(1.5)), ("b".to_owned(), None)];
    for (shape, content) in [
        ("plain", "gene_id\tE001\tE003\na\t9\t1.5\nb\t9\tNA\n"),
        ("other columns", "symbol\tgene_id\tE003\nX\ta\t1.5\n\tb\tNaN\r\n"),
        ("Roadmap, a trailing tab", "gene_id\tE001\tE003\na\t9\t1.5\t\nb\t9\t\t\n"),
        ("Roadmap, a surplus column", "gene_id\tE003\na\t1.5\t7\nb\tNA\t7\n"),
        ("R, row names without a header", "E001\tE003\na\t9\t1.5\nb\t9\tNA\n"),
        ("R, quoted", "\"E003\"\n\"a\" 1.5\n\"b\" NA\n"),
        ("R, row numbers before the ids", "gene_id\tE003\n1\ta\t1.5\n2\tb\tNA\n"),
        ("R, row names before a frame of texts", "gene_id\tsymbol\tE003\nx7\ta\tA\t1.5\nx9\tb\tB\tNA\n"),
        ("R, write.csv2", "\"\";\"E003\"\n\"a\";1,5\n\"b\";NA\n"),
        ("csv", "\"\",\"note\",\"E003\"\n\"a\",\"x, y\",1.5\n\"b\",,NA\n"),
        ("csv, a cell of two lines", "gene,note,E003\na,\"x\ny, z\",1.5\nb,\"\",\n"),
        ("pandas", ",E001,E003\na,9,1.5\nb,9,\n"),
        ("spreadsheet, blank columns", "gene_id\tE003\t\t\na\t1.5\t\t\nb\t#N/A\n"),
        ("spreadsheet, a remark in a blank column", "gene_id\tE003\t\na\t1.5\tsee mail\nb\t-\t\n"),
        ("spreadsheet, a blank column between", "gene_id\t\tE003\na\t\t1.5\nb\t\tNone\n"),
        (
            "featureCounts",
            "# Program:featureCounts v2; Command:x\nGeneid\tLength\t/out/E003.sorted.bam\na\t1\t1.5\nb\t1\tNA\n",
        ),
        ("GCT", "#1.2\n2\t1\nName\tDescription\tE003\na\tA\t1.5\nb\tB\tNA\n"),
        ("GCT from a spreadsheet", "#1.2\t\t\n2\t1\t\nName\tDescription\tE003\na\tA\t1.5\nb\tB\tNA\n"),
        ("GCT 1.3", "#1.3\n2\t1\t0\t1\nid\tE001\tE003\nbatch\t1\t2\na\t9\t1.5\nb\t9\tNA\n"),
        (
            "GEO series",
            "!Series_title\t\"x\"\n!series_matrix_table_begin\n\"ID_REF\"\t\"E003\"\n\"a\"\t1.5\n\"b\"\tnull\n!series_matrix_table_end\n",
        ),
        ("header behind a hash", "#gene_id\tE003\na\t1.5\nb\tNA\n"),
        ("a description with one quote", "gene_id\tdescription\tE003\na\t\"5-end\t1.5\nb\t3\" x\tNA\n"),
        ("Cufflinks", "tracking_id\tgene_id\tE003_FPKM\tE003_status\nx\ta\t1.5\tOK\ny\tb\t0\tHIDATA\n"),
        ("reads without a gene", "gene_id\tE003\nN_unmapped\t\na\t1.5\nb\tNA\n__no_feature\t77\n"),
    ] {
        let sample = if shape == "Cufflinks" { "E003_FPKM" } else { "E003" };
        assert_eq!(genes(content, sample), expected, "{shape}");
    }
}

#[test]
fn tables_without_a_header() {
    let htseq = read_text("a\t1\nb\t0\n__no_feature\t9\n__ambiguous\t9\n", "E003").unwrap();
    assert_eq!(htseq.genes, [("a".to_owned(), Some(1.0)), ("b".to_owned(), Some(0.0))]);
    assert_eq!((htseq.has_header, htseq.read_counts), (false, 2));
    let star = "N_unmapped\t7\t7\t7\nN_multimapping\t1\t1\t1\nN_noFeature\t1\t1\t1\nN_ambiguous\t1\t1\t1\na\t5\t1\t4\n";
    let stranded = read_text(star, "4").unwrap();
    assert_eq!((stranded.genes, stranded.read_counts), (vec![("a".to_owned(), Some(4.0))], 4));
    let message = read_text(star, "E003").unwrap_err().to_string();
    assert!(message.contains("no header line, and 4 columns") && message.contains("--column"), "{message}");
    // samples may be called by numbers
    assert_eq!(genes("gene_id\t1\t2\na\t5\t6\n", "2"), [("a".to_owned(), Some(6.0))]);
    assert_eq!(genes("symbol\t1\t2\na\t5\t6\n", "2"), [("a".to_owned(), Some(6.0))]);
    assert_eq!(genes("1\t2\na\t5\t6\n", "2"), [("a".to_owned(), Some(6.0))]);
}

#[test]
fn genes_in_several_rows() {
    let table = "gene_id\tstart\tx\nENSG00000000001.1\t1\tNA\na\t1\t1\na\t1\t1\na\t2\t2\nENSG00000000001.2\t1\t3\nb\t1\t4\nb\t2\t4\n\t1\t5\n";
    for (duplicates, a, b) in [
        (Duplicates::Sum, 3.0, 8.0),
        (Duplicates::Max, 2.0, 4.0),
        (Duplicates::Mean, 1.5, 4.0),
        (Duplicates::First, 1.0, 4.0),
    ] {
        let read = read_with(table, &Columns { duplicates, ..columns("x") }).unwrap();
        let expected = [("ENSG00000000001", 3.0), ("a", a), ("b", b)].map(|(id, x)| (id.to_owned(), Some(x)));
        assert_eq!(read.genes, expected, "{duplicates:?}");
        let genes = ["ENSG00000000001", "a", "b"].map(str::to_owned).to_vec();
        assert_eq!((read.repeated, read.without_id), (Repeated { copies: 1, genes, equal: 1 }, 1));
    }
    let refused = read_with(table, &Columns { duplicates: Duplicates::Refuse, ..columns("x") }).unwrap_err();
    assert!(refused.to_string().contains("line 4: gene a is there twice, first on line 3"), "{refused}");
    // a join of tables writes a row a name of the gene; row numbers say nothing
    let joined = read_text("\tgene_id\tname\tw\tx\n1\ta\tA\t2\t3.5\n2\ta\tB\t2\t3.5\n3\tb\tC\t2\t1\n", "x").unwrap();
    assert_eq!((joined.genes[0].1, joined.repeated.copies), (Some(3.5), 1));
    // both copies of a gene of the pseudo-autosomal regions stay
    let par = read_text("gene_id\tx\nENSG00000182378.15\t1\nENSG00000182378.15_PAR_Y\t2\n", "x").unwrap();
    assert_eq!(par.genes.len(), 2);
}

#[test]
fn errors_name_line_column_and_choices() {
    for (content, needles) in [
        ("gene_id\tx\na\t-1\n", &["line 2", "\"x\"", "negative"][..]),
        ("gene_id\tx\na\tinf\n", &["line 2", "inf"]),
        ("gene_id\tx\na\tlow\n", &["line 2", "gene a", "low"]),
        ("gene_id\tx\na\t1,234.5\n", &["line 2", "1,234.5", "comma"]),
        ("gene_id\tx\na\t1,5\n", &["line 2", "1,5", "comma"]),
        ("gene_id;x\na;1,5\nb;1.234\n", &["line 3", "1.234", "1,5"]),
        ("gene_id\tx\na\t1\nb\n", &["line 3", "expected 2", "found 1"]),
        ("gene_id\tx\na\t1\nb\t1\t3\n", &["line 3", "expected 2", "found 3"]),
        ("gene_id,note,x\na,b,1\nb,c, d,1\nc,d,1\n", &["line 3", "expected 3", "found 4"]),
        ("gene_id\tx\n7\tTP53\t1\t2\n9\tMYC\t3\t4\n", &["line 2", "expected 2", "found 4"]),
        ("gene_id\tw\tx\n7\tTP53\t1\t2\n9\tMYC\t3\t4\n", &["line 1", "3 names", "4 cells", "row.names = FALSE"]),
        ("name.of.gene\tx\n1\tTP53\t1\n2\tMYC\t3\n", &["row numbers", "--gene-column"]),
        ("\tx\tw\n1\t2\tTP53\n2\t3\tMYC\n", &["row numbers", "--gene-column"]),
        ("gene_id\ty\tz\na\t1\t2\n", &["no column", "y, z"]),
        ("gene_id\tTPM\tFPKM\na\t1\t2\n", &["no column", "--column TPM"]),
        ("gene_id\tX.rep1\n", &["no column", "X.rep1\", if it is"]),
        ("gene_id\tx\tx\na\t1\t2\n", &["\"x\"", "more than once"]),
        ("x\ty\na\t2\n", &["taken for the gene ids", "--gene-column"]),
        ("gene_id,x\na,\"1\n", &["line 2", "a quote is opened"]),
        ("gene_id\tx\n", &["no gene"]),
        ("", &["empty"]),
        ("gene_id\td/x.a.bam\td/x.b.bam\na\t1\t1\n", &["2 columns", "x.a.bam"]),
    ] {
        let message = read_text(content, "x").unwrap_err().to_string();
        assert!(needles.iter().all(|needle| message.contains(needle)), "{content:?}: {message}");
    }
}

#[test]
fn what_a_spreadsheet_has_made_of_names_is_told() {
    let read = read_text("symbol\tx\n1-Mar\t1\n2-Sep\t1\nTP53\t1\n", "x").unwrap();
    assert_eq!(read.of_spreadsheet, ["1-Mar", "2-Sep"]);
}

/// A table of genes with values of two samples, s1 and s2, in one of the layouts.
fn layout(layout: usize, rows: &[(String, [Option<f64>; 2])]) -> (String, &'static str) {
    let missing = ["NA", "", "NaN", "-", "None", "#N/A"][layout % 6];
    let cell = |value: Option<f64>| value.map_or_else(|| missing.to_owned(), |value| value.to_string());
    let lines = |line: &dyn Fn(usize, &str, [String; 2]) -> String| -> String {
        let of_row = |(at, (id, values)): (usize, &(String, [Option<f64>; 2]))| line(at, id, values.map(cell));
        rows.iter().enumerate().map(of_row).collect()
    };
    let n = rows.len();
    let text = match layout {
        0 => "gene_id\ts1\ts2\n".to_owned() + &lines(&|_, id, [a, b]| format!("{id}\t{a}\t{b}\n")),
        1 => "gene_id\tgene_name\ts1\ts2\n".to_owned() + &lines(&|_, id, [a, b]| format!("{id}\tn {id}\t{a}\t{b}\n")),
        2 => "\"\",\"s1\",\"s2\"\n".to_owned() + &lines(&|_, id, [a, b]| format!("\"{id}\",{a},{b}\n")),
        3 => "s1\ts2\n".to_owned() + &lines(&|_, id, [a, b]| format!("{id}\t{a}\t{b}\n")),
        4 => "gene_id\ts1\ts2\n".to_owned() + &lines(&|at, id, [a, b]| format!("{}\t{id}\t{a}\t{b}\n", at + 1)),
        5 => {
            let comma = |value: String| value.replace('.', ",");
            "gene;s1;s2\n".to_owned() + &lines(&|_, id, [a, b]| format!("{id};{};{}\n", comma(a), comma(b)))
        }
        6 => {
            "# x\nGeneid\tChr\tLength\tb/s1.bam\tb/s2.bam\n".to_owned()
                + &lines(&|_, id, [a, b]| format!("{id}\tchr1;chr1\t7\t{a}\t{b}\n"))
        }
        7 => {
            format!("#1.2\n{n}\t2\nName\tDescription\ts1\ts2\n")
                + &lines(&|_, id, [a, b]| format!("{id}\tx\t{a}\t{b}\n"))
        }
        8 => "gene_id\ts1\ts2\t\t\n".to_owned() + &lines(&|_, id, [a, b]| format!("{id}\t{a}\t{b}\t\t\n")),
        9 => {
            "\u{feff}gene,note,s1,s2\r\n".to_owned()
                + &lines(&|_, id, [a, b]| format!("{id},\"x, \n\"\"y\"\"\",{a},{b}\r\n"))
        }
        10 => "s2 s1\n".to_owned() + &lines(&|_, id, [a, b]| format!("\"{id}\"  {} {}\n", none(&b), none(&a))),
        11 => {
            "!a\n\"ID_REF\"\t\"s1\"\t\"s2\"\n".to_owned()
                + &lines(&|_, id, [a, b]| format!("\"{id}\"\t{a}\t{b}\n"))
                + "!b\n"
        }
        _ => return (lines(&|_, id, [_, b]| format!("{id}\t{}\n", none(&b))) + "__no_feature\t5\n", "s2"),
    };
    (text, "s2")
}

/// Blanks cannot part an empty cell.
fn none(cell: &str) -> String {
    if cell.is_empty() { "NA".to_owned() } else { cell.to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(12), ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_layout_says_the_same(
        values in prop::collection::btree_map("ENSG[0-9]{11}|[A-Z]{3,5}[0-9]?|[0-9]{4,9}", prop::array::uniform2(prop::option::weighted(0.8, 0..100_000_u32)), 2..30),
    ) {
        let rows: Vec<(String, [Option<f64>; 2])> =
            values.into_iter().map(|(id, values)| (id, values.map(|value| value.map(|value| f64::from(value) / 8.0)))).collect();
        // without a header a number must be there to tell that the first row is none
        let with_header = if rows[0].1[1].is_some() { 13 } else { 12 };
        let expected: Vec<(String, Option<f64>)> = rows.iter().map(|(id, [_, value])| (id.clone(), *value)).collect();
        for at in 0..with_header {
            let (text, sample) = layout(at, &rows);
            let read = read_text(&text, sample);
            prop_assert!(read.is_ok(), "layout {at}: {}\n{text}", read.unwrap_err());
            prop_assert_eq!(&read.unwrap().genes, &expected, "layout {}\n{}", at, text);
        }
    }
}
