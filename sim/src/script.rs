//! What simulated workflows do. A script follows from a number alone, so a run's input is that number, and every worker
//! that sees the run, also one that has just started, finds the same script.

use crate::dice::Dice;

/// How deep families get.
const DEPTH_MAX: u64 = 2;

/// What one run does: step after step, then the ending.
#[derive(Clone, Debug)]
pub struct Script {
    /// In order; each begins when the one before it is done.
    pub steps: Vec<Step>,
    /// What the last step is followed by.
    pub ending: Ending,
    /// Whether a request to cancel ends it.
    pub obeys_cancel: bool,
    /// On a schedule: how many of its runs there are.
    pub runs: u64,
    /// On a schedule: whether a run that continues as new takes the schedule along.
    pub keeps_schedule: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// All of these at the same time, until each is done one way or another.
    Activities(Vec<Activity>),
    /// A pause.
    Timer {
        /// How long: seconds.
        seconds: u64,
    },
    /// Two timers; the one that fires first has the other one canceled.
    TimerRace {
        /// The shorter: seconds.
        seconds: u64,
    },
    /// Waits until so many signals have come in all, or for so long.
    Signals {
        /// How many.
        count: usize,
        /// How long at most: seconds.
        patience_seconds: u64,
    },
    /// Child workflows at the same time.
    Children(Vec<Child>),
    /// A signal to another workflow id.
    SignalOther {
        /// Which of those that clients start.
        target: u64,
    },
    /// Asks another workflow id to cancel itself.
    CancelOther {
        /// Which of those that clients start.
        target: u64,
    },
    /// Something noted in the history.
    Marker,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Complete,
    /// Badly; a retry policy may give it another run.
    Fail,
    /// With another run, of this script.
    ContinueAsNew(Input),
}

/// One activity.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// What it does on each attempt follows from this.
    pub number: u64,
    /// The most attempts; zero for as many as it takes.
    pub attempts_max: i32,
    /// Whether it must be heard of while it runs.
    pub beats: bool,
}

/// One child workflow.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// Its script.
    pub input: Input,
    /// What becomes of it when the parent closes: as in `ParentClosePolicy`.
    pub policy: Policy,
    /// Whether the parent waits for its end, or for its start only.
    pub is_awaited: bool,
}

/// What becomes of a child when its parent closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It is terminated.
    Terminate,
    /// It goes on.
    Abandon,
    /// It is asked to cancel itself.
    RequestCancel,
}

/// What a run is told when it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// What the script follows from.
    pub number: u64,
    /// How many generations are above it.
    pub depth: u64,
}

impl Input {
    /// As it stands in a payload; `tag` says who started the run.
    pub fn text(self, tag: &str) -> String {
        format!("{} {} {tag}", self.number, self.depth)
    }

    /// From a payload; what cannot be read is the script of number 0.
    pub fn read(text: &str) -> Self {
        let mut words = text.split(' ').map(|word| word.parse().unwrap_or(0));
        Self { number: words.next().unwrap_or(0), depth: words.next().unwrap_or(0) }
    }

    /// The script.
    pub fn script(self) -> Script {
        let mut dice = Dice::of(self.number, "script");
        let steps = (0..dice.between(1, 4)).map(|_| self.step(&mut dice)).collect();
        let ending = match dice.below(10) {
            0 | 1 if self.depth < DEPTH_MAX => Ending::ContinueAsNew(self.next(&mut dice)),
            2 => Ending::Fail,
            _ => Ending::Complete,
        };
        let obeys_cancel = dice.happens(700);
        Script { steps, ending, obeys_cancel, runs: dice.between(1, 4), keeps_schedule: dice.happens(500) }
    }

    fn step(self, dice: &mut Dice) -> Step {
        match dice.below(16) {
            0..=5 => Step::Activities((0..dice.between(1, 3)).map(|_| activity(dice)).collect()),
            6 | 7 => Step::Timer { seconds: dice.between(1, 20) },
            8 => Step::TimerRace { seconds: dice.between(1, 5) },
            9 | 10 => Step::Signals { count: dice.between(1, 3) as usize, patience_seconds: dice.between(5, 40) },
            11 | 12 if self.depth < DEPTH_MAX => {
                Step::Children((0..dice.between(1, 2)).map(|_| self.child(dice)).collect())
            }
            13 => Step::SignalOther { target: dice.number() },
            14 => Step::CancelOther { target: dice.number() },
            _ => Step::Marker,
        }
    }

    fn child(self, dice: &mut Dice) -> Child {
        let policy = *dice.pick(&[Policy::Terminate, Policy::Abandon, Policy::RequestCancel]);
        Child { input: self.next(dice), policy, is_awaited: dice.happens(600) }
    }

    fn next(self, dice: &mut Dice) -> Self {
        Self { number: dice.number(), depth: self.depth + 1 }
    }
}

fn activity(dice: &mut Dice) -> Activity {
    Activity { number: dice.number(), attempts_max: *dice.pick(&[0, 0, 0, 1, 2]), beats: dice.happens(300) }
}

/// What one attempt of an activity does.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// How long it works: milliseconds.
    pub millis: u64,
    /// What comes of it.
    pub end: AttemptEnd,
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// A result.
    Complete,
    /// A failure; it may be tried again.
    Fail,
    /// A failure after which nobody should try again.
    FailForGood,
    /// Nothing is heard of it.
    Vanish,
}

/// What an attempt (from 1) of the activity with this number does. Late attempts go well.
pub fn attempt(number: u64, attempt: i32) -> Attempt {
    let mut dice = Dice::of(number.wrapping_add(attempt as u64), "attempt");
    let end = match dice.below(20) {
        0..=3 if attempt < 4 => AttemptEnd::Fail,
        4 if attempt < 3 => AttemptEnd::Vanish,
        5 => AttemptEnd::FailForGood,
        _ => AttemptEnd::Complete,
    };
    let millis = if dice.happens(500) { dice.between(0, 50) } else { dice.between(50, 6000) };
    Attempt { millis, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_finds_the_same_script_and_families_are_finite() {
        for number in 0..500 {
            let input = Input { number, depth: DEPTH_MAX };
            assert_eq!(Input::read(&input.text("who")), input);
            let script = input.script();
            assert_eq!(format!("{script:?}"), format!("{:?}", input.script()));
            assert!(!matches!(script.ending, Ending::ContinueAsNew(_)), "{number}");
            assert!(!script.steps.iter().any(|step| matches!(step, Step::Children(_))), "{number}");
        }
    }
}
