//! The profiles: what workflows do, and how many are in flight.

use clap::ValueEnum;

/// What a workflow does.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Work {
    /// One workflow task, then done.
    Noop,
    /// `--steps` activities, one after the other.
    Activity,
    /// `--steps` activities at once.
    Fanout,
    /// A timer of `--timer` milliseconds.
    Timer,
    /// Nothing: `--concurrency` callers signal `--count` open workflows.
    Signal,
    /// One workflow task: `--count` workflows are started before there is any worker, then they are done.
    Backlog,
}

/// A kind of load with its sizes.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Profile {
    Noop,
    Activity,
    ActivityAlone,
    TenStep,
    Fanout,
    Timer,
    Signal,
    Backlog,
    LargePayload,
}

/// The sizes of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) work: Work,
    /// Workflows, or callers, at the same time.
    pub(crate) concurrency: usize,
    /// Activities of a workflow.
    pub(crate) steps: usize,
    /// Workflows that are signalled, or that wait.
    pub(crate) count: usize,
    /// Bytes of every payload.
    pub(crate) payload: usize,
    /// Milliseconds of a timer.
    pub(crate) timer: u64,
}

const SIZES: Sizes = Sizes { work: Work::Activity, concurrency: 64, steps: 1, count: 200, payload: 128, timer: 50 };

impl Profile {
    pub(crate) const ALL: [Profile; 9] = [
        Profile::Noop,
        Profile::Activity,
        Profile::ActivityAlone,
        Profile::TenStep,
        Profile::Fanout,
        Profile::Timer,
        Profile::Signal,
        Profile::Backlog,
        Profile::LargePayload,
    ];

    /// As the command line has it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Profile::Noop => "workflows of one workflow task, 64 in flight",
            Profile::Activity => "workflows with one activity, 64 in flight",
            Profile::ActivityAlone => "workflows with one activity, one at a time",
            Profile::TenStep => "workflows with ten activities in a row, 64 in flight",
            Profile::Fanout => "workflows with 50 activities at once, 8 in flight",
            Profile::Timer => "workflows with a timer of 50 ms, 64 in flight",
            Profile::Signal => "64 callers signal 200 open workflows",
            Profile::Backlog => "workflows wait before there is a worker, at most 20,000, then they are done",
            Profile::LargePayload => "workflows with one activity and payloads of 64 KiB, 16 in flight",
        }
    }

    pub(crate) fn sizes(self) -> Sizes {
        match self {
            Profile::Noop => Sizes { work: Work::Noop, ..SIZES },
            Profile::Activity => SIZES,
            Profile::ActivityAlone => Sizes { concurrency: 1, ..SIZES },
            Profile::TenStep => Sizes { steps: 10, ..SIZES },
            Profile::Fanout => Sizes { work: Work::Fanout, steps: 50, concurrency: 8, ..SIZES },
            Profile::Timer => Sizes { work: Work::Timer, ..SIZES },
            Profile::Signal => Sizes { work: Work::Signal, ..SIZES },
            Profile::Backlog => Sizes { work: Work::Backlog, count: 20_000, ..SIZES },
            Profile::LargePayload => Sizes { payload: 64 << 10, concurrency: 16, ..SIZES },
        }
    }
}
