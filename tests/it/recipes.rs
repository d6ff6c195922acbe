//! What is written of the models is what the list of them says.

use std::path::Path;

use attentrack::learn::{Recipe, Task, recipe};
use attentrack::model::{ModelConfig, Sizes};

const BEGIN: &str = "<!-- models: made by ATTENTRACK_WRITE=1 cargo test --release --test it table_of_models -->";
const END: &str = "<!-- models: end -->";

/// A line of the table for each model, for the published 5 marks and 100 bins, or the four bases.
fn table() -> String {
    let mut table = "| tag | definition | flags of sizes | weights | attention | published by |\n".to_owned();
    table += "|---|---|---|---|---|---|\n";
    for recipe in recipe::all() {
        let marks = if recipe.needs.sequence {
            4
        } else if recipe.needs.pair {
            10
        } else {
            5
        };
        let config = recipe.config(&Sizes::default(), Task::Classification, (marks, 100), 0);
        let config = config.filter(|_| recipe.has_ensembles());
        let weights = config.as_ref().map_or_else(String::new, |config| thousands(config.n_weights()));
        let cells = [
            format!("`{}`", recipe.tag),
            recipe.title.to_owned(),
            flags(recipe),
            weights,
            attention(recipe).to_owned(),
        ];
        table += &format!("| {} | {} |\n", cells.join(" | "), recipe.citation);
    }
    table
}

fn flags(recipe: &Recipe) -> String {
    let flag = |(name, published): (&str, serde_json::Value)| {
        format!("--{} {}", name.replace('_', "-"), published.to_string().replace(['[', ']'], ""))
    };
    let flags: Vec<String> = recipe.network().into_iter().flat_map(|design| design.sizes()).map(flag).collect();
    if flags.is_empty() { String::new() } else { format!("`{}`", flags.join(" ")) }
}

fn attention(recipe: &Recipe) -> &'static str {
    let config = recipe.config(&Sizes::default(), Task::Classification, (10, 100), 0);
    let has = |of: fn(&ModelConfig) -> bool| config.as_ref().is_some_and(of);
    match (has(ModelConfig::has_bin_attention), has(ModelConfig::has_mark_attention)) {
        (true, true) => "bins, marks",
        (true, false) => "bins",
        _ => "none",
    }
}

fn thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", thousands(number / 1000), number % 1000) }
}

#[test]
fn the_table_of_models_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/models.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let expected = format!("\n\n{}\n", table());
    if std::env::var_os("ATTENTRACK_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, expected, "docs/models.md is not what the list of models says");
}
