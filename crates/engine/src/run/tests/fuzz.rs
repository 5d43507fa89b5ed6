//! Stored runs that are not what was stored: nodes and snapshots are read or refused, and a run that comes of them can be
//! shown, without a panic. Who reads a run must never be lost over it: others wait behind them.

use abide_mutation::{Random, cases, mutated, noise};
use bytes::Bytes;
use proptest::prelude::*;
use prost::Message;

use super::property::{do_step, step};
use super::world::World;
use crate::machine::Machine;
use crate::namespace::Namespace;
use crate::queue_config::QueueConfig;
use crate::run::*;

/// Everything that is done with a run that was read and is only looked at.
fn look_at(run: &Run) {
    let _ = (run.key(), run.run_id(), run.first_run_id(), run.info(), run.describe(), run.deadline());
    let _ = (run.open_offers(), run.eager_task(), run.virtual_started_event(), run.unwritten_task_events());
    let _ = (run.query_route(), run.update_status("update-1"), run.memory_bytes(), run.create_request_id());
    for outbound in run.open_outbound() {
        let _ = run.effect(outbound);
    }
    let _ = Run::decode(run.encode()).map(|again| again.next_event_id());
}

fn fold(mut run: Run, changes: &[Change]) -> Run {
    for change in changes {
        run.apply(change);
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]

    #[test]
    fn damaged_nodes_and_snapshots_are_read_or_refused(
        steps in prop::collection::vec(step(), 0..40),
        seed: u64,
    ) {
        let mut world = World::new();
        for step in &steps {
            do_step(&mut world, step);
        }
        let random = &mut Random::of(seed);
        let snapshot = world.run.encode().to_vec();
        let nodes: Vec<Vec<u8>> = world.stored.chunks(3).map(|changes| encode_changes(changes).to_vec()).collect();
        for _ in 0..40 {
            let damaged = mutated(&snapshot, &nodes, random);
            let mut read = Run::decode(damaged.into()).unwrap_or_else(|_| world.run.clone());
            look_at(&read);
            let node = random.one_of(&nodes).clone();
            if let Ok(changes) = decode_changes(mutated(&node, &nodes, random).into()) {
                // On top of the run that is meant, of one that is damaged as well, and of none.
                look_at(&fold(world.run.clone(), &changes));
                look_at(&fold(Run::default(), &changes));
                read = fold(read, &changes);
                look_at(&read);
            }
        }
    }

    #[test]
    fn noise_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        for _ in 0..200 {
            let bytes = Bytes::from(noise(random, 200));
            let _ = Run::decode(bytes.clone()).map(|run| look_at(&run));
            let _ = decode_changes(bytes.clone()).map(|changes| look_at(&fold(Run::default(), &changes)));
            let _ = (Namespace::decode(bytes.clone()), QueueConfig::decode(bytes));
        }
    }
}
