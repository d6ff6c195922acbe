//! Names of samples and marks: one rule for the sheet, the flags, the configuration and every runner.
//!
//! A name becomes part of file names, of column names and of commands. So it begins with a letter, a digit or `_`,
//! goes on with letters, digits and `_ . + -`, does not end with `.`, has at most 100 characters, all ASCII, and is
//! none that Windows keeps for devices (`CON`, `NUL` …). Two names must differ in more than case, as file systems of
//! macOS and Windows do not see it.

use super::text::visible;

/// The rule as a regular expression, for JSON Schemas; it lacks the names of devices.
pub const NAME_PATTERN: &str = "^[A-Za-z0-9_]([A-Za-z0-9_.+-]{0,98}[A-Za-z0-9_+-])?$";

/// Most characters of a name: endings and folders are added, and a file name holds 255 bytes.
const LONGEST: usize = 100;

/// What Windows keeps for devices, with any ending.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "COM", "LPT"];

/// A text that cannot be a name, or a name that another one is taken for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NameError {
    /// Breaks the rule.
    #[error(
        "{what} \"{}\" cannot be a name: use at most 100 letters, digits and _ . + - only, beginning with a letter, a \
         digit or _, for example \"{}\"",
        visible(.name),
        cleaned(.name)
    )]
    Characters {
        /// What it is to name.
        what: &'static str,
        /// The text.
        name: String,
    },
    /// The name of a device.
    #[error("{what} \"{name}\" cannot be a name: Windows keeps it for a device. Use \"{}\", for example", cleaned(.name))]
    Device {
        /// What it is to name.
        what: &'static str,
        /// The text.
        name: String,
    },
    /// Differs only in case from another.
    #[error("{what} \"{name}\" and {what} \"{other}\" differ only in case, which not every file system sees")]
    Case {
        /// What both name.
        what: &'static str,
        /// One.
        name: String,
        /// The other.
        other: String,
    },
    /// Two texts become one file name.
    #[error("{what} \"{}\" and {what} \"{}\" would both be written as {file}", visible(.name), visible(.other))]
    File {
        /// What both name.
        what: &'static str,
        /// One.
        name: String,
        /// The other.
        other: String,
        /// The name of the file, or the part of it.
        file: String,
    },
}

/// Checks a name; `what` says in the error what it is to name: sample, mark.
///
/// # Errors
/// The text breaks the rule; the message has a name that does not.
pub fn check_name(what: &'static str, name: &str) -> Result<(), NameError> {
    let holds = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte));
    let begins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_plain = name.bytes().next().is_some_and(begins) && holds(name);
    match () {
        () if !is_plain || name.ends_with('.') || name.len() > LONGEST => {
            Err(NameError::Characters { what, name: name.to_owned() })
        }
        () if is_device(name) => Err(NameError::Device { what, name: name.to_owned() }),
        () => Ok(()),
    }
}

/// Checks that a name does not differ from another only in case; equal names pass.
///
/// # Errors
/// Names both.
pub fn check_case<'a>(
    what: &'static str,
    name: &str,
    others: impl IntoIterator<Item = &'a str>,
) -> Result<(), NameError> {
    let twin = others.into_iter().find(|other| *other != name && other.eq_ignore_ascii_case(name));
    twin.map_or(Ok(()), |other| Err(NameError::Case { what, name: name.to_owned(), other: other.to_owned() }))
}

/// The name that a text is written with in file names, and that messages propose: what cannot be in a name is `_`.
pub fn cleaned(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || "_.+-".contains(c) { c } else { '_' };
    let mut name: String = text.chars().map(keep).take(LONGEST).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        let tail = name.get(1..).unwrap_or_default();
        name = format!("_{tail}");
    }
    if is_device(&name) {
        name.insert(0, '_');
        name.truncate(LONGEST);
    }
    if name.ends_with('.') {
        name.pop();
        name.push('_');
    }
    name
}

/// The part of a file name that each text becomes: see [`cleaned`].
///
/// # Errors
/// Two texts that differ become one file name, or two that differ only in case.
pub fn file_names<'a>(what: &'static str, texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, NameError> {
    let mut seen: std::collections::HashMap<String, &str> = Default::default();
    let mut files = Vec::new();
    for text in texts {
        let file = cleaned(text);
        match seen.insert(file.to_ascii_lowercase(), text) {
            Some(other) if other != text => {
                return Err(NameError::File { what, name: other.to_owned(), other: text.to_owned(), file });
            }
            _ => files.push(file),
        }
    }
    Ok(files)
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    DEVICES.iter().any(|device| match stem.strip_prefix(device) {
        Some("") => !matches!(*device, "COM" | "LPT"),
        Some(digit) => matches!(*device, "COM" | "LPT") && matches!(digit.as_bytes(), [b'0'..=b'9']),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    #[test]
    fn names_that_people_give_are_names() {
        for name in ["E003", "H3K4me3", "CD4+_T", "s-1.rep2", "_x", "7", "RNAPolII_Ser5P", "CONTROL", "CON1", "com"] {
            assert_eq!(check_name("sample", name), Ok(()), "{name}");
            assert_eq!(cleaned(name), name);
        }
    }

    #[test]
    fn what_a_shell_or_a_file_system_would_stumble_over_is_refused_with_a_name_instead() {
        for (name, instead) in [
            ("CD4+_T(naive)", "CD4+_T_naive_"),
            ("s1;date>PWNED;", "s1_date_PWNED_"),
            ("s1$(date)", "s1__date_"),
            ("s'1", "s_1"),
            ("../x", "_._x"),
            ("-x", "_x"),
            ("+x", "_x"),
            (".x", "_x"),
            ("x.", "x_"),
            ("", "_"),
            ("a b", "a_b"),
            ("Zelle µ", "Zelle__"),
            ("a\u{1b}b\n", "a_b_"),
            ("nul.x", "_nul.x"),
            ("COM1", "_COM1"),
        ] {
            let message = check_name("sample", name).unwrap_err().to_string();
            assert!(message.contains(&format!("\"{instead}\"")), "{message}");
            assert!(!message.contains(super::super::text::is_hidden), "{message}");
        }
        assert!(check_name("mark", &"x".repeat(100)).is_ok() && check_name("mark", &"x".repeat(101)).is_err());
    }

    #[test]
    fn names_that_share_a_file_are_refused() {
        assert!(check_case("sample", "S1", ["s1"]).unwrap_err().to_string().contains("differ only in case"));
        assert_eq!(check_case("sample", "s1", ["s1", "s2"]), Ok(()));
        assert_eq!(file_names("gene", ["A|1", "../A"]).unwrap(), ["A_1", "_._A"]);
        let message = file_names("gene", ["A/1", "a:1"]).unwrap_err().to_string();
        assert_eq!(message, "gene \"A/1\" and gene \"a:1\" would both be written as a_1");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn what_is_proposed_is_a_name_and_fits_the_pattern(text in any::<String>()) {
            let name = cleaned(&text);
            prop_assert_eq!(check_name("sample", &name), Ok(()));
            prop_assert_eq!(cleaned(&name), name);
        }

        #[test]
        fn the_pattern_says_what_the_check_says(name in "[A-Za-z0-9_.+ é/-]{0,4}") {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
            let by_pattern = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && name.chars().all(allowed) && !name.ends_with('.');
            prop_assert!(by_pattern == check_name("sample", &name).is_ok() || is_device(&name));
        }
    }
}
