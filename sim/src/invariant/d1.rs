//! D1: a run whose deletion was acknowledged goes, from the list, for readers, and from the disk; none goes otherwise.

use std::collections::BTreeMap;

use abide_model::RunId;

use crate::audit::Stored;
use crate::evidence::Evidence;
use crate::ledger::{Book, Violation};

const D1: &str = "D1";

/// Against what can be read. That no other run goes is R1 and R4.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    for run_id in acked(&evidence.book) {
        if evidence.listed.contains_key(run_id) || evidence.runs.contains_key(run_id) {
            found.push(Violation { invariant: D1, what: format!("run {run_id} was to be deleted, and is there") });
        }
    }
}

/// Against what is stored when all is over.
pub fn check_stored(book: &Book, runs: &BTreeMap<RunId, Stored>, found: &mut Vec<Violation>) {
    for run_id in acked(book).filter(|run_id| RunId::parse(run_id).is_some_and(|run_id| runs.contains_key(&run_id))) {
        found.push(Violation { invariant: D1, what: format!("run {run_id} was to be deleted, and is on the disk") });
    }
}

fn acked(book: &Book) -> impl Iterator<Item = &String> {
    book.deletions.iter().filter(|deletion| deletion.is_acked).map(|deletion| &deletion.run_id)
}
