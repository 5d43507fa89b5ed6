//! Turns of fairness keys, against the plainest model: whoever has had least for its weight is next.

use std::collections::BTreeMap;

use abide_engine::run::Subject;
use abide_model::RunId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp { nanos: 0 };

fn place(number: u64) -> Place {
    Place {
        priority: 3,
        scheduled_at: Timestamp { nanos: number as i64 },
        run_id: RunId(Uuid::from_u128(number.into())),
        subject: Subject::WorkflowTask,
    }
}

/// Tasks by number: the key that each is of.
#[derive(Default)]
struct World {
    level: Level,
    shares: Shares,
    keys: BTreeMap<Place, String>,
    numbers: u64,
}

impl World {
    fn add(&mut self, key: &str) -> Place {
        self.numbers += 1;
        let place = place(self.numbers);
        self.keys.insert(place, key.to_owned());
        self.level.insert(key, place);
        place
    }

    fn take_at(&mut self, now: Timestamp) -> Option<(Place, String, Turn)> {
        let place = self.level.next(&mut self.shares, now)?;
        let key = self.keys.remove(&place).expect("only a task that waits");
        let weight = self.shares.weight(&key, 0.0);
        self.shares.spend(&key, weight, now);
        let turn = self.level.take(&key, &place, weight);
        Some((place, key, turn))
    }

    fn take_all(&mut self) -> String {
        let mut keys = String::new();
        while let Some((_, key, _)) = self.take_at(NOW) {
            keys.push_str(&key);
        }
        keys
    }
}

fn weights(weights: &[(&str, f32)]) -> BTreeMap<String, f32> {
    weights.iter().map(|(key, weight)| ((*key).to_owned(), *weight)).collect()
}

#[test]
fn keys_take_turns_however_many_tasks_each_has() {
    let mut world = World::default();
    for key in ["a", "a", "a", "a", "b", "c", "b"] {
        world.add(key);
    }
    assert_eq!(world.take_all(), "abcabaa");
}

#[test]
fn a_key_of_twice_the_weight_has_twice_the_turns() {
    let mut world = World::default();
    world.shares.configure(weights(&[("a", 2.0)]), None);
    for _ in 0..6 {
        world.add("a");
        world.add("b");
    }
    let first: String = world.take_all().chars().take(9).collect();
    assert_eq!(first.matches('a').count(), 6, "{first}");
}

#[test]
fn weights_out_of_range_are_brought_into_it() {
    let mut shares = Shares::default();
    shares.configure(weights(&[("small", 0.000_001), ("large", 1e9)]), None);
    assert_eq!((shares.weight("small", 5.0), shares.weight("large", 5.0)), (0.001, 1000.0));
    assert_eq!((shares.weight("", 0.0), shares.weight("", -1.0), shares.weight("", 2.5)), (1.0, 1.0, 2.5));
}

#[test]
fn turns_cannot_be_saved_up_and_what_was_had_is_not_forgotten() {
    let mut world = World::default();
    for _ in 0..100 {
        world.add("a");
    }
    for _ in 0..50 {
        world.take_at(NOW);
    }
    for _ in 0..3 {
        world.add("b");
    }
    let keys = world.take_all();
    assert!(keys.starts_with("babab") || keys.starts_with("ababab"), "{keys}");
    // It has had its turn a moment ago, and being empty in between does not help.
    world.add("a");
    world.take_at(NOW);
    world.add("b");
    world.add("a");
    assert_eq!(world.take_all(), "ba");
}

#[test]
fn a_task_that_comes_back_costs_its_key_no_turn() {
    let mut world = World::default();
    for key in ["a", "a", "b", "b"] {
        world.add(key);
    }
    let (place, key, turn) = world.take_at(NOW).unwrap();
    world.keys.insert(place, key.clone());
    world.level.give_back(&key, place, turn);
    assert_eq!(world.take_at(NOW).map(|(again, ..)| again), Some(place));
    assert_eq!(world.take_all(), "bab");
}

#[test]
fn a_key_that_is_too_fast_does_not_hold_up_others() {
    let at = Timestamp::from_millis;
    let mut world = World::default();
    world.shares.configure(weights(&[("b", 2.0)]), Some(1.0));
    for key in ["a", "a", "b", "b", "b"] {
        world.add(key);
    }
    assert_eq!(world.take_all(), "abb", "one second's worth of each");
    assert!(world.level.ready_at().is_some_and(|later| later > at(499) && later <= at(501)));
    assert_eq!(world.take_at(at(501)).map(|(_, key, _)| key), Some("b".into()));
    assert_eq!(world.take_at(at(501)).map(|(_, key, _)| key), None);
    assert_eq!(world.take_at(at(1001)).map(|(_, key, _)| key), Some("a".into()));
    world.add("a");
    assert!(world.take_at(at(1001)).is_none());
    world.shares.configure(BTreeMap::new(), None);
    world.level.forget_waits();
    assert_eq!(world.take_at(at(1001)).map(|(_, key, _)| key), Some("a".into()));
}

proptest! {
    #[test]
    fn nobody_gets_more_than_one_turn_ahead(
        tasks in prop::collection::vec(0..4_usize, 1..200),
        weight in prop::collection::vec(prop_oneof![Just(0.5_f32), Just(1.0), Just(3.0)], 4),
    ) {
        let names = ["a", "b", "c", "d"];
        let mut world = World::default();
        world.shares.configure(weights(&[0, 1, 2, 3].map(|key| (names[key], weight[key]))), None);
        let mut left = [0_u32; 4];
        for key in &tasks {
            world.add(names[*key]);
            left[*key] += 1;
        }
        let mut had = [0_f32; 4];
        let mut newest = BTreeMap::new();
        while let Some((place, key, _)) = world.take_at(NOW) {
            let index = names.iter().position(|name| *name == key).unwrap();
            let fewest = (0..4).filter(|key| left[*key] > 0).map(|key| had[key]).fold(f32::MAX, f32::min);
            prop_assert!(had[index] <= fewest + 0.01, "{key} had {} and somebody {fewest}", had[index]);
            had[index] += 1.0 / weight[index];
            left[index] -= 1;
            prop_assert!(newest.insert(key, place) < Some(place), "the oldest of a key first");
        }
        prop_assert_eq!(left, [0; 4], "nothing is lost");
    }
}
