//! The architecture's one rule: arrows point down only (see the picture in `src/lib.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What each floor may use.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("genome", &["genome"]),
    ("matrix", &["matrix", "genome"]),
    ("io", &["io", "matrix", "genome"]),
    ("model", &["model"]),
    ("learn", &["learn", "model", "matrix", "genome"]),
    ("graph", &["graph", "learn"]),
    ("explain", &["explain", "learn", "model", "matrix", "genome"]),
    ("stage", &["stage", "graph", "explain", "learn", "model", "io", "matrix", "genome"]),
    ("cli", &["cli", "stage", "io", "graph", "explain", "learn", "model", "matrix", "genome"]),
];

#[test]
fn no_floor_uses_a_floor_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    let (mut checked, mut wrong) = (0, Vec::new());
    for file in files {
        let relative = file.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        let floor = relative.split(['/', '.']).next().unwrap().to_owned();
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == floor) else { continue };
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("crate::") {
                checked += 1;
                let used: String = line[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !used.is_empty() && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{relative}:{} uses {used}", number + 1));
                }
            }
        }
    }
    assert!(checked > 20, "only {checked} uses seen: the test no longer reads the sources");
    assert!(wrong.is_empty(), "upward arrows:\n{}", wrong.join("\n"));
}

/// Only what talks to the shell knows its command line.
#[test]
fn the_floors_below_the_stages_know_no_command_line() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut checked, mut wrong) = (Vec::new(), 0, Vec::new());
    collect(&source, &mut files);
    for file in files {
        let relative = file.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        let floor = relative.split(['/', '.']).next().unwrap().to_owned();
        if ["stage", "cli", "bin", "lib"].contains(&floor.as_str()) {
            continue;
        }
        checked += 1;
        if fs::read_to_string(&file).unwrap().contains("clap") {
            wrong.push(relative);
        }
    }
    assert!(checked > 100 && wrong.is_empty(), "{checked} files; clap in {wrong:?}");
}

pub fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// One noun, one meaning: at most two types share a name, where they are far apart.
#[test]
fn no_type_name_has_three_meanings() {
    // what stages and traits are made of has the same name everywhere
    const EVERYWHERE: [&str; 6] = ["Args", "Options", "Error", "Value", "Output", "Err"];
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        for line in fs::read_to_string(file).unwrap().lines() {
            let line = line.trim_start();
            let line = match line.strip_prefix("pub(") {
                Some(rest) => rest.split_once(") ").map_or("", |(_, rest)| rest),
                None => line.strip_prefix("pub ").unwrap_or(line),
            };
            let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|word| line.strip_prefix(word));
            let Some(name) = name.filter(|name| name.starts_with(char::is_uppercase)) else { continue };
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            places.entry(name[..end].to_owned()).or_default().push(file.display().to_string());
        }
    }
    assert!(places.len() > 500, "only {} types seen: the test no longer reads the sources", places.len());
    places.retain(|name, files| files.len() > 2 && !EVERYWHERE.contains(&name.as_str()));
    assert!(places.is_empty(), "{places:#?}");
}
