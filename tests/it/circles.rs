//! No two files import each other, nor three in a ring. A file and those in the folder of its name are one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::floors::collect;

type Module = Vec<String>;

/// What a file imports: the name by which it calls each thing, and the path from the crate's root.
type Imports = BTreeMap<String, Module>;

#[test]
fn no_files_import_each_other() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files);
    let modules: BTreeMap<Module, String> = files
        .iter()
        .map(|file| {
            let relative = file.strip_prefix(&source).unwrap().with_extension("");
            let module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            (module, fs::read_to_string(file).unwrap())
        })
        .collect();
    let imports: BTreeMap<&Module, Imports> =
        modules.iter().map(|(module, text)| (module, imports(module, text, &modules))).collect();
    let arrows: BTreeMap<&Module, Vec<&Module>> = imports
        .iter()
        .map(|(&module, names)| {
            let used = names.values().map(|path| home(path, &imports, 0));
            (module, used.flatten().filter(|used| !(used.starts_with(module) || module.starts_with(used))).collect())
        })
        .collect();
    let n_arrows: usize = arrows.values().map(Vec::len).sum();
    assert!(n_arrows > 300, "only {n_arrows} imports seen: the test no longer reads the sources");
    let wrong: Vec<String> = arrows
        .iter()
        .flat_map(|(from, used)| used.iter().map(move |to| (*from, *to)))
        .filter(|(from, to)| reaches(to, from, &arrows))
        .map(|(from, to)| format!("{} uses {}", from.join("/"), to.join("/")))
        .collect();
    assert!(wrong.is_empty(), "imports in a circle: {wrong:#?}");
}

/// Whether a walk along the arrows from one file comes to another.
fn reaches(from: &Module, to: &Module, arrows: &BTreeMap<&Module, Vec<&Module>>) -> bool {
    let (mut seen, mut pending) = (vec![from], vec![from]);
    while let Some(at) = pending.pop() {
        for &next in &arrows[at] {
            if next == to {
                return true;
            }
            if !seen.contains(&next) {
                seen.push(next);
                pending.push(next);
            }
        }
    }
    false
}

/// The file that a path leads to, through what other files pass on.
fn home<'a>(path: &[String], imports: &BTreeMap<&'a Module, Imports>, depth: usize) -> Option<&'a Module> {
    let (length, module) = (1..=path.len())
        .rev()
        .find_map(|length| imports.get_key_value(&path[..length].to_vec()).map(|(module, _)| (length, *module)))?;
    let next = path.get(length).and_then(|name| imports[module].get(name)).filter(|_| depth < 10);
    match next {
        Some(onward) => home(&[onward, &path[length + 1..]].concat(), imports, depth + 1),
        None => Some(module),
    }
}

fn imports(module: &Module, text: &str, modules: &BTreeMap<Module, String>) -> Imports {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
    let mut imports = Imports::new();
    for statement in code.join(" ").split(';') {
        let Some((before, tree)) = statement.split_once("use ") else { continue };
        if before.is_empty() || before.ends_with(' ') {
            for path in paths(tree.trim()) {
                let (path, name) = path.split_once(" as ").map_or((&*path, None), |(path, name)| (path, Some(name)));
                let path = path.strip_suffix("::self").unwrap_or(path);
                let Some(path) = absolute(module, path, modules) else { continue };
                let name = name.or(path.last().map(String::as_str)).unwrap_or_default().trim().to_owned();
                imports.insert(name, path);
            }
        }
    }
    imports
}

/// The paths of a tree with braces.
fn paths(tree: &str) -> Vec<String> {
    let Some((stem, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inside[from..at].trim();
                if !part.is_empty() {
                    found.extend(paths(part).iter().map(|path| format!("{}{path}", stem.trim())));
                }
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// From the root of the crate; `None` for what is not of this crate.
fn absolute(module: &Module, path: &str, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
    let mut base = module.clone();
    match parts[0].as_str() {
        "crate" => return Some(parts.split_off(1)),
        "self" => drop(parts.remove(0)),
        "super" => {
            while parts.first().is_some_and(|part| part == "super") {
                parts.remove(0);
                base.pop();
            }
        }
        first => {
            let child = [&module[..], &[first.to_owned()]].concat();
            modules.get(&child)?;
        }
    }
    Some([base, parts].concat())
}

#[test]
fn paths_of_a_tree() {
    assert_eq!(
        paths("super::a::{self, b::{C, D}, e as f}"),
        ["super::a::self", "super::a::b::C", "super::a::b::D", "super::a::e as f"]
    );
}
