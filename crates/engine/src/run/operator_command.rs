//! What an operator asks of a run or of its activities, apart from what the workflow and its workers say.

use std::collections::BTreeSet;
use std::time::Duration;

use abide_api::temporal::api::{activity::v1::ActivityOptions, common::v1::Priority};

/// Which pending activities are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichActivities {
    /// The one with the id that the workflow chose.
    Id(String),
    /// All of a type.
    Type(String),
    /// All.
    All,
}

/// Pauses activities: those that no worker has are not offered, those that one has learn it from their heartbeats.
#[derive(Clone, Debug)]
pub struct PauseActivities {
    /// Which.
    pub which: WhichActivities,
    /// Who asked, and why.
    pub reason: PauseReason,
}

/// Who asked for a pause, or for its end, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PauseReason {
    /// The client's identity, as it says.
    pub identity: String,
    /// Shown to users.
    pub reason: String,
    /// What makes a repeated request the same request. May be empty.
    pub request_id: String,
}

/// A wait before an attempt, drawn anew for each activity so that many do not begin at once. The draw comes from
/// outside; the same draw gives the same waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter {
    /// The longest wait.
    pub max: Duration,
    /// What was drawn.
    pub draw: u64,
}

impl Jitter {
    /// The wait of one activity: less than the longest.
    pub fn of(&self, scheduled_event_id: i64) -> Duration {
        let max = u64::try_from(self.max.as_nanos()).unwrap_or(u64::MAX);
        // One round of a well known mixing function (splitmix64) spreads neighbouring numbers over the whole range.
        let mut mixed = self.draw.wrapping_add((scheduled_event_id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Duration::from_nanos((mixed ^ (mixed >> 31)).checked_rem(max).unwrap_or(0))
    }
}

/// Ends the pause of activities; those that are not paused are left alone.
#[derive(Clone, Debug)]
pub struct UnpauseActivities {
    /// Which.
    pub which: WhichActivities,
    /// Whether their attempts are counted from one again.
    pub resets_attempts: bool,
    /// Whether what they said they had done is forgotten.
    pub forgets_heartbeat: bool,
    /// How long they wait.
    pub jitter: Jitter,
}

/// Begins activities again at their first attempt.
#[derive(Clone, Debug)]
pub struct ResetActivities {
    /// Which.
    pub which: WhichActivities,
    /// Whether what they said they had done is forgotten.
    pub forgets_heartbeat: bool,
    /// Whether those that are paused stay so.
    pub keeps_paused: bool,
    /// Whether their options become again what the workflow said.
    pub restores_options: bool,
    /// How long they wait.
    pub jitter: Jitter,
}

/// Changes the options of activities.
#[derive(Clone, Debug)]
pub struct UpdateActivityOptions {
    /// Which.
    pub which: WhichActivities,
    /// How.
    pub change: OptionsChange,
}

/// How options of activities change.
#[derive(Clone, Debug)]
pub enum OptionsChange {
    /// They become again what the workflow said.
    Restore,
    /// Some are replaced.
    Merge {
        /// By these.
        options: Box<ActivityOptions>,
        /// Which: paths as JSON spells them, like `retryPolicy.maximumAttempts`.
        paths: BTreeSet<String>,
    },
}

/// Changes the options of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateOptions {
    /// The priority to take fields from.
    pub priority: Option<Priority>,
    /// Which: paths as JSON spells them, like `priority.fairnessKey`. Others change nothing.
    pub paths: BTreeSet<String>,
    /// Who asked.
    pub identity: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jitter_stays_below_its_maximum_and_differs_between_activities() {
        let jitter = Jitter { max: Duration::from_secs(10), draw: 7 };
        let waits: BTreeSet<Duration> = (0..100).map(|id| jitter.of(id)).collect();
        assert!(waits.len() > 90 && waits.iter().all(|wait| *wait < jitter.max));
        assert_eq!(jitter.of(5), jitter.of(5));
        assert_eq!(Jitter::default().of(5), Duration::ZERO);
    }
}
