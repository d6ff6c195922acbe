//! attentrack-graph against JointNets' own outputs, against brute force, and as a user meets it.

use std::path::PathBuf;

use attentrack::graph::{Association, Estimator, Measured, Method, Observations, Square};

use crate::support::{Workdir, shared_data};

/// Numbers of JointNets' own R, sourced unchanged.
fn folder(test: &str) -> Option<PathBuf> {
    shared_data(test).map(|data| data.join("../golden/graphs"))
}

fn numbers(file: PathBuf) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(&file).unwrap();
    text.lines().map(|line| line.split('\t').map(|cell| cell.parse().unwrap()).collect()).collect()
}

fn matrix(file: PathBuf) -> Square {
    let rows = numbers(file);
    Square::from_fn(rows.len(), |row, column| rows[row][column])
}

fn farthest(one: &Square, other: &Square) -> f64 {
    assert_eq!(one.n(), other.n());
    one.values().iter().zip(other.values()).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

fn observations(file: PathBuf) -> Observations {
    let rows = numbers(file);
    Observations { columns: (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect() }
}

/// Both contexts, from the original inputs.
fn contexts(folder: &std::path::Path, data: &str, how: Association) -> Vec<Measured> {
    let of = |context: u8| {
        let observations = observations(folder.join(format!("{data}.input{context}.tsv")));
        (observations.n(), observations.measured(how))
    };
    [1, 2].into_iter().map(of).map(|(n, (association, shrinkage))| Measured { association, n, shrinkage }).collect()
}

fn published(method: Method, epsilon: f64) -> Estimator {
    Estimator { method, epsilon, weights: None, groups: Vec::new(), published: true }
}

const BEGIN: &str = "<!-- methods: made by ATTENTRACK_WRITE=1 cargo test --release --test it table_of_methods -->";
const END: &str = "<!-- methods: end -->";

#[test]
fn the_table_of_methods_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/graphs.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let mut expected =
        "\n\n| method | solves | ε | weights | contexts | paper |\n|---|---|---|---|---|---|\n".to_owned();
    for method in Method::ALL {
        let facts = method.facts();
        let epsilon = facts.epsilon.map_or_else(String::new, |epsilon| epsilon.to_string());
        let weights = if facts.weights { "yes" } else { "" };
        let contexts = match (facts.contexts, facts.differences) {
            (1, _) => "each alone",
            (_, true) => "each two",
            _ => "all together",
        };
        let name = method.name();
        expected +=
            &format!("| `{name}` | {} | {epsilon} | {weights} | {contexts} | {} |\n", facts.solves, facts.citation);
    }
    expected += "\n";
    if std::env::var_os("ATTENTRACK_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, expected, "docs/graphs.md is not what the list of methods says");
}

#[test]
fn associations_are_those_of_r() {
    let Some(folder) = folder("associations of R") else { return };
    for data in ["example", "cancer", "nip37"] {
        for context in ["1", "2"] {
            let observations = observations(folder.join(format!("{data}.input{context}.tsv")));
            for (how, name) in [(Association::Covariance, "cov"), (Association::Tau, "kendall")] {
                let expected = matrix(folder.join(format!("{data}.{name}{context}.tsv")));
                let far = farthest(&observations.measured(how).0, &expected);
                assert!(far < 6e-9, "{data} {context} {name}: {far}");
            }
        }
    }
}

#[test]
fn closed_forms_are_those_of_r() {
    let Some(folder) = folder("closed forms of R") else { return };
    let (covariance, tau) = (Association::Covariance, Association::Tau);
    // cancer's second covariance is not here: R inverts a thresholded matrix with two eigenvalues below 0, whose
    // determinant is above 0, where ours takes the largest determinant of those that are covariances
    for (data, how, method, lambda, run) in [
        ("example", covariance, Method::Diffee, 0.45, "diffee.lam0.45.cov"),
        ("example", tau, Method::Diffee, 0.05, "diffee.lam0.05.kendall"),
        ("nip37", tau, Method::Diffee, 0.1, "diffee.lam0.1.kendall"),
        ("example", covariance, Method::Jeek, 0.3, "jeek.lam0.3.cov.closedform"),
        ("nip37", tau, Method::Jeek, 0.1, "jeek.lam0.1.kendall.closedform"),
    ] {
        let estimator = published(method, 0.0);
        let start = estimator.start(&contexts(&folder, data, how)).unwrap();
        let graphs = estimator.graphs(&start, &[lambda]).unwrap();
        for (at, total) in graphs[0].totals.iter().enumerate() {
            let expected = matrix(folder.join(format!("{data}.{run}.graph{}.tsv", at + 1)));
            assert!(expected.largest_off_diagonal() > 0.01);
            let far = farthest(total, &expected);
            assert!(far < 1e-7, "{data} {run}: {far}");
        }
    }
}

#[test]
fn simule_and_w_simule_are_those_of_r_where_the_solution_is_unique() {
    let Some(folder) = folder("SIMULE of R") else { return };
    let contexts = contexts(&folder, "example", Association::Covariance);
    let weights = Square::from_fn(20, |row, column| 0.5 + ((row + column + 2) % 3) as f64 / 2.0);
    for (run, weights) in [("simule.lam0.1.eps0.45.cov", None), ("wsimule.lam0.1.eps0.45.Wmod3.cov", Some(weights))] {
        let method = if weights.is_some() { Method::Wsimule } else { Method::Simule };
        let estimator = Estimator { weights, ..published(method, 0.45) };
        let start = estimator.start(&contexts).unwrap();
        // what is reached on a path is what is reached at once
        let path = estimator.graphs(&start, &[0.5, 0.2, 0.1]).unwrap();
        let graphs = &estimator.graphs(&start, &[0.1]).unwrap()[0];
        assert_eq!(path[2].totals, graphs.totals);
        let shared = (graphs.shared.as_ref().unwrap(), "share".to_owned());
        let totals = graphs.totals.iter().zip(["graph1".to_owned(), "graph2".to_owned()]);
        for (found, name) in totals.chain([shared]) {
            let expected = matrix(folder.join(format!("example.{run}.{name}.tsv")));
            assert!(expected.largest_off_diagonal() > 0.01);
            let far = farthest(found, &expected);
            assert!(far < 1e-7, "{run} {name}: {far}");
        }
    }
}

/// A table of `n` observations of a chain a → b → c and of d, which depends on nothing; `change` breaks b → c.
fn chain(n: u32, change: bool) -> String {
    let mut state = if change { 3_u64 } else { 7 };
    let mut random = move || {
        let mut sum = -3.0;
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f64 / f64::from(1 << 24);
        }
        sum
    };
    let mut table = "name\ta\tb\tc\td\n".to_owned();
    for row in 0..n {
        let a = random();
        let b = a + random();
        let c = if change { random() } else { b + random() };
        table += &format!("o{row}\t{a:.4}\t{b:.4}\t{c:.4}\t{:.4}\n", random());
    }
    table
}

/// context, node_a, node_b of each row of edges.tsv.
pub fn edges(work: &Workdir, folder: &str) -> Vec<String> {
    let text = work.read(&format!("{folder}/edges.tsv"));
    assert!(
        text.starts_with("context\tnode_a\tnode_b\tweight\tpartial_correlation\tfrequency\tlambda\tkind\n"),
        "{text}"
    );
    text.lines().skip(1).map(|line| line.split('\t').take(3).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_planted_graph_is_found_by_every_method_and_thread_count() {
    let work = Workdir::new();
    work.write("A.tsv", chain(400, false));
    work.write("B.tsv", chain(400, true));
    work.write("weights.tsv", "node_a\tnode_b\tweight\na\tb\t0.9\n");
    for method in Method::ALL {
        let facts = method.facts();
        let name = method.name();
        let weights = if facts.weights { "--weights weights.tsv" } else { "" };
        let flags = format!("--table A.tsv --table B.tsv --method {name} {weights}");
        work.ok("graph", &format!("{flags} --out-dir {name}"));
        work.ok("graph", &format!("{flags} --out-dir {name}.8 --threads 8"));
        for file in ["edges.tsv", "nodes.tsv", "path.tsv", "null.tsv", "graphs.svg", "graphs.graphml"] {
            assert_eq!(work.read(&format!("{name}/{file}")), work.read(&format!("{name}.8/{file}")), "{name} {file}");
        }
        let found = edges(&work, name);
        if facts.differences {
            assert!(found.contains(&"B_minus_A b c".to_owned()), "{name}: {found:?}");
            assert!(!found.contains(&"B_minus_A a d".to_owned()), "{name}: {found:?}");
        } else {
            for edge in ["shared a b", "A a b", "A b c", "B a b"] {
                assert!(found.contains(&edge.to_owned()), "{name}: no {edge} in {found:?}");
            }
            for edge in ["shared b c", "A a d", "B b d"] {
                assert!(!found.contains(&edge.to_owned()), "{name}: {edge} in {found:?}");
            }
        }
    }
}

#[test]
fn lambda_alone_makes_graphs_alone() {
    let work = Workdir::new();
    work.write("A.tsv", chain(200, false));
    work.write("B.tsv", chain(150, true));
    work.ok("graph", "--table A.tsv --table B.tsv --method simule --lambda 0.2 --epsilon 0.75 --out-dir g");
    let text = work.read("g/edges.tsv");
    let first: Vec<&str> = text.lines().nth(1).unwrap().split('\t').collect();
    assert_eq!((first[0], first[5], first[6], first[7]), ("shared", "NA", "0.2", "shared"));
    assert!(!work.path("g/path.tsv").exists() && !work.path("g/null.tsv").exists());
    // one row a context and node
    assert_eq!(work.read("g/nodes.tsv").lines().count(), 1 + 2 * 4);
    assert!(work.read("g/graphml/A.graphml").contains("<edge id=\"e0\" source=\"a\" target=\"b\">"));
    work.ok("graph", "--table A.tsv --table B.tsv --method simule --lambda 0.2 --halves 10 --nulls 2 --out-dir h");
    assert!(work.read("h/edges.tsv").lines().skip(1).all(|line| line.split('\t').nth(5) != Some("NA")));
    assert!(work.read("h/null.tsv").contains("A\trotated\t"));
}

#[test]
fn stability_and_groups_and_kendall() {
    let work = Workdir::new();
    work.write("A.tsv", chain(300, false));
    work.write("groups.tsv", "node\tgroup\na\tx\nb\tx\nc\ty\n");
    // one false edge may be expected: of six pairs at most 1.7 may then be found in a half
    let log = work.ok("graph", "--table A.tsv --choose stability --method glasso --out-dir s");
    assert!(log.contains("1 edges are in 75 % of half-samples or more"), "{log}");
    assert_eq!(edges(&work, "s"), ["A b c"]);
    work.ok("graph", "--table A.tsv --association kendall --groups groups.tsv --out-dir g");
    assert_eq!(edges(&work, "g"), ["A a b", "A b c"]);
    let groups = work.read("g/group_edges.tsv");
    let rows: Vec<&str> = groups.lines().skip(1).map(|row| row.rsplitn(3, '\t').nth(2).unwrap()).collect();
    assert_eq!(rows, ["A\tx\tx\t1", "A\tx\ty\t1"]);
}

#[test]
fn what_cannot_be_a_node_is_left_out_and_said() {
    let work = Workdir::new();
    let column = |text: &str, name: &str, value: &dyn Fn(&str) -> String| {
        let mut lines = text.lines();
        let head = format!("{}\t{name}\n", lines.next().unwrap());
        head + &lines.map(|line| format!("{line}\t{}\n", value(line))).collect::<String>()
    };
    let a = column(&chain(100, false), "flat", &|_| "3".to_owned());
    let a = column(&a, "again", &|line| line.split('\t').nth(2).unwrap().to_owned());
    let a = column(&a, "gaps", &|line| if line.starts_with("o7\t") { "NA" } else { &line[1..3] }.replace('\t', ""));
    work.write("A.tsv", &a);
    work.write("B.tsv", column(&a, "more", &|line| line[1..2].to_owned()));
    let log = work.ok("graph", "--table A.tsv --table B.tsv --lambda 0.1 --out-dir g");
    for words in [
        "left out node flat: all its values are the same in A",
        "left out node again: it has the values of b",
        "lack a value",
        "left out 1 of 8 nodes, which other contexts lack, for example more",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
    let nodes = work.read("g/nodes.tsv");
    assert_eq!(nodes.lines().count(), 1 + 2 * 5, "{nodes}");
    assert!(nodes.contains("A\tgaps\tNA\tNA\tNA\t") && nodes.contains("\t99\t1\n"), "{nodes}");
}

#[test]
fn more_nodes_than_observations_are_allowed_and_said() {
    let work = Workdir::new();
    let mut table: String = (0..40).map(|node| format!("n{node}{}", if node < 39 { "\t" } else { "\n" })).collect();
    for row in 0..15_i64 {
        for node in 0..40_i64 {
            let value = (row * row * (node + 3) + row * 7919 + node * node * 104_729) % 1009;
            table += &format!("{value}{}", if node < 39 { "\t" } else { "\n" });
        }
    }
    work.write("A.tsv", &table);
    work.write("B.tsv", &table);
    for method in Method::ALL {
        let name = method.name();
        let log =
            work.ok("graph", &format!("--table A.tsv --table B.tsv --method {name} --lambda 0.4 --out-dir {name}"));
        assert!(log.contains("context A: 40 nodes and only 15 observations"), "{name}: {log}");
    }
}

#[test]
fn bad_input_is_named() {
    let work = Workdir::new();
    work.write("A.tsv", chain(50, false));
    work.write("B.tsv", chain(50, true));
    work.write("other/A.tsv", chain(50, true));
    work.write("shared.tsv", chain(50, true));
    work.write("none.tsv", "1\t2\n3\t4\n5\t7\n");
    work.write("twice.tsv", "a\ta\n3\t4\n5\t7\n6\t7\n");
    work.write("word.tsv", "a\tb\n3\t4\n5\tx\n6\t7\n");
    work.write("short.tsv", "a\tb\n3\t4\n5\t7\n6\tNA\n");
    work.write("one.tsv", "a\tb\n3\t4\n");
    work.write("header.tsv", "a\tb\n");
    work.write("endless.tsv", "a\tb\n3\t4\n5\tinf\n6\t7\n");
    work.write("flat.tsv", "a\tb\n3\t4\n3\t7\n3\t9\n");
    work.write("elsewhere.tsv", "x\ty\n3\t4\n5\t7\n6\t2\n");
    work.write("zero.tsv", "node_a\tnode_b\tweight\na\tb\t0\n");
    work.write("pair.tsv", "node_a\tnode_b\tweight\na\tb\t1\nb\ta\t2\n");
    work.write("strangers.tsv", "node_a\tnode_b\tweight\nx\ty\t1\n");
    work.write("groups.tsv", "node\tgroup\nx\ty\n");
    let two = "--table A.tsv --table B.tsv";
    for (flags, needles) in [
        ("--table A.tsv --method simule", &["--method simule", "2 contexts"][..]),
        ("--table A.tsv --epsilon 1", &["--epsilon", "partial"]),
        ("--table A.tsv --weights zero.tsv", &["--weights", "partial"]),
        ("--table A.tsv --published", &["--published", "partial"]),
        ("--table A.tsv --nodes body", &["--nodes", "--bins"]),
        (&format!("{two} --method diffee --halves 0"), &["--halves 0", "--lambda"]),
        ("--table A.tsv --lambda 0", &["--lambda", "0"]),
        ("--table none.tsv", &["none.tsv, line 1", "numbers", "header"]),
        ("--table twice.tsv", &["twice.tsv, line 1", "\"a\"", "more than once"]),
        ("--table word.tsv", &["word.tsv, line 3", "column b"]),
        ("--table short.tsv", &["short.tsv", "2 observations", "3 or more"]),
        ("--table one.tsv", &["one.tsv", "1 observations", "3 or more"]),
        ("--table header.tsv", &["header.tsv", "0 observations", "3 or more"]),
        ("--table endless.tsv", &["endless.tsv, line 3", "column b"]),
        ("--table flat.tsv", &["two nodes or more", "found 1"]),
        ("--table missing.tsv", &["missing.tsv", "no such file"]),
        ("--table A.tsv --table elsewhere.tsv", &["two nodes or more", "found 0"]),
        ("--table A.tsv --table other/A.tsv", &["other/A.tsv", "context A"]),
        ("--table shared.tsv", &["shared.tsv", "Rename"]),
        (&format!("{two} --method jeek --weights zero.tsv"), &["zero.tsv, line 2", "above 0"]),
        (&format!("{two} --method jeek --weights pair.tsv"), &["pair.tsv, line 3", "line 2"]),
        (&format!("{two} --method jeek --weights strangers.tsv"), &["strangers.tsv", "nodes.tsv"]),
        ("--table A.tsv --groups groups.tsv", &["groups.tsv", "names no node"]),
        ("--bins A.tsv", &["A.tsv"]),
    ] {
        work.fails("graph", &format!("{flags} --out-dir g"), needles);
        assert!(!work.path("g").exists(), "{flags}");
    }
}
