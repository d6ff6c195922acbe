use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Way {
    /// The first way
    #[default]
    LeftHand,
    /// The other
    Right,
}

/// One for all, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Amount {
    /// For all
    All(f64),
    /// For each
    Each(std::collections::BTreeMap<String, f64>),
}

/// Options of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Tested {
    /// Which way it goes
    way: Way,
    /// Whether it goes at all
    go: bool,
    /// How many
    #[schemars(range(min = 1, max = 9), extend("x-value" = "N"))]
    how_many: u32,
    /// How much
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    share: Option<f64>,
    /// An amount
    amount: Option<Amount>,
    /// Names
    #[schemars(extend("x-flag" = "name"))]
    names: Vec<String>,
    /// Ways
    #[schemars(extend("x-repeat" = true))]
    ways: Vec<Way>,
}

impl Default for Tested {
    fn default() -> Self {
        Tested {
            way: Way::default(),
            go: false,
            how_many: 3,
            share: None,
            amount: None,
            names: Vec::new(),
            ways: Vec::new(),
        }
    }
}

#[derive(Parser, Debug, PartialEq, Serialize)]
#[command(name = "test", allow_negative_numbers = true)]
struct Arguments {
    #[arg(long)]
    file: Vec<String>,
    #[serde(flatten)]
    #[command(flatten)]
    tested: Flags<Tested>,
}

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(std::iter::once("test").chain(line.split_whitespace()))
}

#[test]
fn what_is_rendered_is_parsed_to_the_same() {
    for line in [
        "",
        "--file a --file b --way right --go --how-many 9 --share 0.25 --name a,b --ways right --ways left-hand",
        "--name x --name y",
        "--amount 2.5",
    ] {
        let arguments = parse(line).unwrap();
        let words: Vec<String> =
            words(&arguments).into_iter().flat_map(|word| [Some(word.flag), word.value]).flatten().collect();
        assert_eq!(parse(&words.join(" ")).unwrap(), arguments, "{words:?}");
        assert!(words.len() <= line.split_whitespace().count(), "{words:?}");
    }
    assert_eq!(parse("--how-many 3").unwrap(), parse("").unwrap());
}

#[test]
fn wrong_values_are_refused() {
    for (line, needle) in [
        ("--how-many 0", "'--how-many <N>': must be at least 1 and at most 9"),
        ("--how-many x", "invalid digit"),
        ("--way up", "[possible values: left-hand, right]"),
        ("--share x", "invalid float"),
        ("--share inf", "finite"),
        ("--ways up", "[possible values: left-hand, right]"),
    ] {
        let message = parse(line).unwrap_err().to_string();
        assert!(message.contains(needle), "{line}: {message}");
    }
    assert_eq!(parse("--share 1").unwrap().tested.problems(), ["--share 1: must be greater than 0 and below 1"]);
    let wrong = problems(&Tested { how_many: 10, ..Tested::default() });
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (wrong[0].0.name.as_str(), wrong[0].1.as_str()),
        ("how_many", "10: must be at least 1 and at most 9, such as 3")
    );
}

#[test]
fn help_comes_from_the_schema() {
    let help = <Arguments as clap::CommandFactory>::command().render_long_help().to_string();
    for needle in [
        "--how-many <N>",
        "[default: 3]",
        "left-hand: The first way",
        "--name <NAME>",
        "How much",
        "[default: left-hand]",
    ] {
        assert!(help.contains(needle), "{needle}: {help}");
    }
}
