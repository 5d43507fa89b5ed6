//! Looking at a store as it lies there, without changing anything: how its rows are read one after the other, and what
//! was found wrong. Which rows belong together is known to whoever looks.

use std::collections::BTreeMap;
use std::fmt;

use abide_model::Partition;
use bytes::Bytes;

use crate::{Error, Row, Space};

/// So many findings are kept; the others are counted.
const FINDINGS_MAX: usize = 10_000;

/// A store that nobody writes to, or one moment of one.
pub trait AtRest {
    /// Shows every row of a kind, in order of key, then partition: those of a run are neighbours, where their keys begin
    /// with it.
    fn each(&self, space: Space, look: &mut dyn FnMut(Row)) -> Result<(), Error>;

    /// Reads one row.
    fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Result<Option<Bytes>, Error>;
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Something is damaged, missing, or contradicts something else.
    Wrong,
    /// Something is left over that goes away by itself, and harms nobody until then.
    Leftover,
}

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: String,
    /// What it is.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// All that was found, and how much was looked at.
#[derive(Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
    wrong: u64,
    leftover: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Something is wrong.
    pub fn wrong(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.wrong += 1;
        self.add(Finding { severity: Severity::Wrong, place: place.into(), what: what.into() });
    }

    /// Something is left over.
    pub fn leftover(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.leftover += 1;
        self.add(Finding { severity: Severity::Leftover, place: place.into(), what: what.into() });
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    /// So many more of these were looked at.
    pub fn count(&mut self, what: &'static str, more: u64) {
        *self.counts.entry(what).or_default() += more;
    }

    /// What was found, as far as it is kept.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many things are wrong.
    pub fn wrongs(&self) -> u64 {
        self.wrong
    }

    /// How many things are left over.
    pub fn leftovers(&self) -> u64 {
        self.leftover
    }

    /// How much was looked at.
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }
}
