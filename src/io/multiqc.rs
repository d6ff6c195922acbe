//! Custom content for [MultiQC](https://multiqc.info): `NAME_mqc.json`, which its reports find by name.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Output, Result, json};

/// One file: a plot, or columns of the general table.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    /// Id of the section; the file is called `ID_mqc.json`.
    pub id: &'a str,
    /// The module that the sections are shown under.
    pub parent_id: &'a str,
    /// Its name.
    pub parent_name: &'a str,
    /// What stands below it.
    pub parent_description: &'a str,
    /// Heading.
    pub section_name: &'a str,
    /// What the section shows, one or two sentences.
    pub description: String,
    /// linegraph, bargraph, table or generalstats.
    pub plot_type: &'a str,
    /// Settings of the plot, with an id of its own.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub pconfig: Value,
    /// Columns of a table.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub headers: Value,
    /// By row, bar or line.
    pub data: Map<String, Value>,
}

/// Writes `ID_mqc.json` into a folder.
pub fn write(folder: &Path, content: &Content) -> Result<()> {
    json::write(&folder.join(format!("{}_mqc.json", content.id)), content)
}

/// Writes `TOOL_mqc_versions.yml` into a folder, which fills the section of software versions.
pub fn write_version(folder: &Path, tool: &str, version: &str) -> Result<()> {
    let mut output = Output::create(&folder.join(format!("{tool}_mqc_versions.yml")))?;
    output.put(format!("{tool}:\n  {tool}: \"{version}\"\n").as_bytes())?;
    output.commit()
}
