//! Many seeds, each in a process of its own, a few at a time.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What came of one seed.
pub struct Ran {
    /// Which.
    pub seed: u64,
    /// Whether nothing was wrong.
    pub is_fine: bool,
    /// What the process wrote.
    pub text: String,
}

/// Runs seeds by this program, `jobs` at a time; `tell` hears of each when it is over.
pub fn run(
    program: &Path,
    arguments: &[String],
    seeds: &[u64],
    jobs: usize,
    tell: impl Fn(&Ran) + Sync,
) -> io::Result<Vec<Ran>> {
    let (next, ran) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || -> io::Result<()> {
            while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                let one = one(program, arguments, *seed)?;
                tell(&one);
                ran.lock().expect("nobody panics with the list in hand").push(one);
            }
            Ok(())
        };
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a thread that only waits does not panic"))
    })?;
    Ok(ran.into_inner().expect("nobody panics with the list in hand"))
}

fn one(program: &Path, arguments: &[String], seed: u64) -> io::Result<Ran> {
    let mut command = Command::new(program);
    command.args(arguments).arg("--seed").arg(seed.to_string()).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output()?;
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok(Ran { seed, is_fine: status.success(), text })
}

/// The seeds of a file: the first word of each line; the rest is for people.
pub fn listed(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_listed_among_remarks() {
        assert_eq!(listed("# why\n17 fixed by\n\n4\nnone\n"), [17, 4]);
    }
}
