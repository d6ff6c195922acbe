//! Which key of `config.yaml` a stage's flag comes from, so that messages speak of what the user wrote.

use super::Config;
use crate::stage::CHAIN;

/// The sections of attentrack-rank, which `attentrack compare` starts and the chain does not.
const OF_RANK: &[&str] = &["evaluate"];

/// The key that a flag of a stage comes from: of the stage's sections the first that has it.
pub fn of_flag(stage: &str, flag: &str) -> Option<String> {
    let flag = flag.trim_start_matches('-');
    let of_chain = CHAIN.iter().find(|job| job.stage == stage).map(|job| job.sections);
    let names = of_chain.or((stage == "rank").then_some(OF_RANK))?;
    let sections = Config::sections();
    names.iter().find_map(|name| {
        let section = sections.iter().find(|section| section.name == *name)?;
        let field = section.fields().find(|field| field.flag == flag)?;
        Some(format!("{name}.{}", field.name))
    })
}

/// A stage's message with keys in the places of flags, where there is a key. What clap shows of a flag's value
/// (`--epochs <N>`) goes as well.
pub fn with_keys(stage: &str, message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, from) = rest.split_at(at);
        let length = 2 + from[2..].find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(from.len() - 2);
        let (flag, after) = from.split_at(length);
        text += before;
        rest = after;
        match of_flag(stage, flag) {
            None => text += flag,
            Some(key) => {
                text += &key;
                if let Some((_, after)) = after.strip_prefix(" <").and_then(|value| value.split_once('>')) {
                    rest = after.trim_start_matches("...");
                }
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::with_keys;

    #[test]
    fn flags_become_keys_and_nothing_else_does() {
        let clap = "invalid value '0' for '--epochs <N>': 0 is not in 1..=100000";
        assert_eq!(with_keys("train", clap), "invalid value '0' for 'train.epochs': 0 is not in 1..=100000");
        let text = "--method threshold needs --threshold; --genes is a flag, -- is none";
        let expected = "labels.method threshold needs labels.threshold; --genes is a flag, -- is none";
        assert_eq!(with_keys("label", text), expected);
        assert_eq!(with_keys("split", "give --folds"), "give split.folds");
        assert_eq!(with_keys("train", "--bin"), "--bin");
        assert_eq!(with_keys("train", "no flag"), "no flag");
    }
}
