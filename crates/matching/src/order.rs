//! In which order the tasks of a queue are handed out: the more urgent first, then the older.

use abide_model::Timestamp;

/// The priority of a task whose priority nobody said, or said wrongly.
const PRIORITY_DEFAULT: i32 = 3;
/// The least urgent priority.
pub(crate) const PRIORITY_MAX: i32 = 5;

/// A task's place in its queue; smaller is handed out earlier. A task that is given back keeps its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Order {
    priority: i32,
    scheduled_at: Timestamp,
    arrival: u64,
}

impl Order {
    /// A place for a task. `arrival` is unique, and only decides between tasks scheduled at the same moment.
    pub(crate) fn new(priority: i32, scheduled_at: Timestamp, arrival: u64) -> Self {
        let priority = if priority <= 0 { PRIORITY_DEFAULT } else { priority.min(PRIORITY_MAX) };
        Self { priority, scheduled_at, arrival }
    }

    /// The place before all places of a priority.
    pub(crate) fn first_of(priority: i32) -> Self {
        Self { priority, scheduled_at: Timestamp { nanos: i64::MIN }, arrival: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_goes_before_age_and_age_before_arrival() {
        let at = Timestamp::from_millis;
        let mut places = [
            Order::new(5, at(1), 1),
            Order::new(3, at(3), 2),
            Order::new(3, at(2), 4),
            Order::new(3, at(2), 3),
            Order::new(1, at(9), 5),
        ];
        places.sort();
        assert_eq!(places.map(|place| place.arrival), [5, 3, 4, 2, 1]);
    }

    #[test]
    fn a_priority_out_of_range_is_the_default_or_the_least() {
        let at = Timestamp::EPOCH;
        assert_eq!(Order::new(0, at, 1), Order::new(3, at, 1));
        assert_eq!(Order::new(-1, at, 1), Order::new(3, at, 1));
        assert_eq!(Order::new(9, at, 1), Order::new(5, at, 1));
    }
}
