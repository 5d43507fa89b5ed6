//! Ends a seed that does not end by itself. Counts how long the process has worked, not how late it is: on a busy machine
//! a seed takes as long as it is given, and is not stuck for that.

use std::fs;
use std::thread;
use std::time::Duration;

/// A seed takes a second or two of work. One that works for so long has found a loop, in which simulated time stands still.
const WORK_MAX: Duration = Duration::from_secs(180);
/// One that does no work at all for so long waits for something that nobody will do.
const REST_MAX: Duration = Duration::from_secs(600);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// What Linux counts the time of processes in, on every machine that it shows programs.
const TICKS_PER_SECOND: u64 = 100;

/// Calls `end` from a thread of its own when this process works, or rests, for too long. Where nobody says how much it
/// has worked, that is all the time that goes by.
pub fn watch(end: impl FnOnce(&str) + Send + 'static) {
    thread::spawn(move || {
        let mut watched = Watched::default();
        loop {
            thread::sleep(LOOK);
            if let Some(why) = watched.look(worked(), LOOK) {
                return end(why);
            }
        }
    });
}

/// What is known of the process.
#[derive(Default)]
struct Watched {
    worked: Duration,
    rested: Duration,
}

impl Watched {
    /// Why the process should end, if it should. `worked` is how much it has done in all.
    fn look(&mut self, worked: Option<Duration>, passed: Duration) -> Option<&'static str> {
        let worked = worked.unwrap_or(self.worked + passed);
        self.rested = if worked > self.worked { Duration::ZERO } else { self.rested + passed };
        self.worked = worked;
        if self.worked > WORK_MAX {
            return Some("it goes round in circles");
        }
        (self.rested > REST_MAX).then_some("it waits for ever")
    }
}

/// How long this process has worked, on all its threads, if the system says so.
fn worked() -> Option<Duration> {
    read(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// From the one line that Linux has about a process.
fn read(stat: &str) -> Option<Duration> {
    // The name of the program is the second word, in parentheses, and may hold anything.
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut words = behind_name.split_whitespace().skip(11).map(str::parse::<u64>);
    let (in_program, in_kernel) = (words.next()?.ok()?, words.next()?.ok()?);
    Some(Duration::from_millis((in_program + in_kernel) * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_others_take_from_a_process_is_not_held_against_it() {
        let mut watched = Watched::default();
        for second in 1..10_000 {
            let worked = Duration::from_millis(second * 10);
            assert_eq!(watched.look(Some(worked), LOOK), None, "after {second} seconds");
        }
        assert_eq!(watched.look(Some(WORK_MAX + LOOK), LOOK), Some("it goes round in circles"));
    }

    #[test]
    fn a_process_that_does_nothing_waits_for_ever() {
        let mut watched = Watched::default();
        let looks = (0..1000).take_while(|_| watched.look(Some(LOOK), LOOK).is_none()).count();
        assert_eq!(looks as u64, REST_MAX.as_secs() + 1);
    }

    #[test]
    fn where_nobody_counts_work_time_counts() {
        let mut watched = Watched::default();
        let looks = (0..1000).take_while(|_| watched.look(None, LOOK).is_none()).count();
        assert_eq!(looks as u64, WORK_MAX.as_secs());
    }

    #[test]
    fn what_linux_says_of_a_process_is_read_whatever_its_name_is() {
        let stat = "17 (a ) 9) S 1 17 17 0 -1 4194304 100 0 0 0 1234 66 7 8 20 0 1 0 99 1000 200";
        assert_eq!(read(stat), Some(Duration::from_secs(13)));
        assert_eq!(read("17 (a) S 1"), None);
    }
}
