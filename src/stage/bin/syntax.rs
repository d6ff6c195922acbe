//! Values with a syntax of their own: SAM flags, and how chromosomes are called in signal files.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the files of a mark that has several become one. Reads add up, whatever is said here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Replicates {
    /// The mean of the files, each scaled to their mean depth, which is the sum of all values.
    #[default]
    Combine,
    /// The mean of the files as they are.
    Mean,
}

impl Replicates {
    /// The name used on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Replicates::Combine => "combine",
            Replicates::Mean => "mean",
        }
    }
}

/// SAM flags, decimal or hexadecimal with 0x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^(0[xX][0-9a-fA-F]{1,4}|[0-9]{1,5})$", "type" = ["string", "integer"]))]
pub struct SamFlags(pub u16);

impl TryFrom<String> for SamFlags {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            Some(hex) => u16::from_str_radix(hex, 16),
            None => text.parse(),
        };
        parsed.map(SamFlags).map_err(|_| "expected SAM flags, decimal or hexadecimal with 0x")
    }
}

impl From<SamFlags> for String {
    fn from(flags: SamFlags) -> String {
        format!("{:#x}", flags.0)
    }
}

/// How chromosome names of the genes become those of the signal files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub enum ChromAlias {
    /// They are equal.
    #[default]
    None,
    /// chr is added or removed, chrM is MT.
    Auto,
    /// A table: the genes' name, a tab, the signals' name.
    Table(PathBuf),
}

impl ChromAlias {
    /// The table, where there is one.
    pub fn table(&self) -> Option<&PathBuf> {
        match self {
            ChromAlias::Table(path) => Some(path),
            ChromAlias::None | ChromAlias::Auto => None,
        }
    }
}

impl From<String> for ChromAlias {
    fn from(text: String) -> Self {
        match text.as_str() {
            "none" => ChromAlias::None,
            "auto" => ChromAlias::Auto,
            path => ChromAlias::Table(path.into()),
        }
    }
}

impl From<ChromAlias> for String {
    fn from(alias: ChromAlias) -> String {
        match alias {
            ChromAlias::None => "none".to_owned(),
            ChromAlias::Auto => "auto".to_owned(),
            ChromAlias::Table(path) => path.to_string_lossy().into_owned(),
        }
    }
}
