//! Every invariant finds something: with one deliberate bug switched on, the simulation reports the invariant that it
//! breaks within a stated number of seeds.

use std::ops::RangeInclusive;
use std::path::Path;

use abide_model::deliberate::Bug;
use abide_sim::many;

const PROGRAM: &str = env!("CARGO_BIN_EXE_abide-sim");

/// The invariant that a bug breaks, and the seeds among which one shows that.
fn expected(bug: Bug) -> (&'static str, RangeInclusive<u64>) {
    match bug {
        // With seeds 5 and 6 the server only goes round in circles, as with the first of an early answer.
        Bug::NoReload => ("R1", 7..=20),
        Bug::SecondRun => ("R2", 1..=5),
        Bug::EarlyAnswer => ("R3", 2..=20),
        Bug::ClosedRunTakesSignals => ("R4", 1..=5),
        Bug::LateTimerRow => ("R5", 1..=10),
        Bug::ForgottenNotes => ("R6", 1..=10),
        Bug::NoSuccessor => ("R7", 1..=5),
        // One seed in fifty shows it.
        Bug::StartedTwice => ("M1", 16..=40),
        Bug::LostWake => ("M2", 1..=5),
        Bug::StaleList => ("V1", 1..=5),
        Bug::OrphanedChildren => ("C2", 1..=20),
        Bug::EarlyTimer => ("S2", 1..=5),
        // Few addresses fail, and few pauses come between two attempts.
        Bug::ForgottenCallback => ("C3", 16..=40),
        Bug::IgnoredPause => ("M3", 16..=60),
        // Seeds of which somebody deletes.
        Bug::ForgottenDeletion => ("D1", 6..=8),
    }
}

/// The first seed that shows the bug.
fn found_by(name: &str, invariant: &str, mut seeds: RangeInclusive<u64>) -> Option<u64> {
    let arguments = ["--bug".to_owned(), name.to_owned()];
    seeds.find(|seed| {
        let ran = many::run(Path::new(PROGRAM), &arguments, &[*seed], 1, |_| {}).expect("the program can be run");
        ran.iter().any(|ran| ran.text.contains(&format!("\n  {invariant}: ")))
    })
}

#[test]
fn every_deliberate_bug_is_found_within_its_number_of_seeds() {
    let search = |(name, bug): (&'static str, Bug)| {
        let (invariant, seeds) = expected(bug);
        (name, invariant, seeds.clone(), found_by(name, invariant, seeds))
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let halves = Bug::ALL.split_at(Bug::ALL.len() / 2);
        let threads =
            [halves.0, halves.1].map(|half| scope.spawn(move || half.iter().copied().map(search).collect::<Vec<_>>()));
        threads.into_iter().flat_map(|thread| thread.join().expect("the search does not panic")).collect()
    });
    for (name, invariant, seeds, seed) in &found {
        println!("{name}: {invariant} by seed {seed:?} of {seeds:?}");
    }
    let missed: Vec<_> = found.iter().filter(|(.., seed)| seed.is_none()).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
