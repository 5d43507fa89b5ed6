//! The simulation itself: it can be repeated, and a few seeds of it go well. Many seeds are a step of their own, in
//! `scripts/test`.

use std::path::Path;
use std::process::Command;

use abide_sim::many;

const PROGRAM: &str = env!("CARGO_BIN_EXE_abide-sim");

fn trace(seed: u64) -> Vec<u8> {
    let output = Command::new(PROGRAM).args(["--trace", "--seed", &seed.to_string()]).output();
    output.expect("the program can be run").stdout
}

#[test]
fn a_seed_runs_the_same_way_twice_to_the_last_byte() {
    for seed in [1001, 1002, 1003] {
        let (one, two) = (trace(seed), trace(seed));
        assert!(one.len() > 10_000, "something has happened: {}", String::from_utf8_lossy(&one));
        let (one, two) = (String::from_utf8_lossy(&one), String::from_utf8_lossy(&two));
        if let Some((line, (first, second))) =
            one.lines().zip(two.lines()).enumerate().find(|(_, (first, second))| first != second)
        {
            panic!("seed {seed} diverges in line {line}:\n{first}\n{second}");
        }
        assert_eq!(one, two, "seed {seed}");
    }
}

#[test]
fn a_few_seeds_go_well() {
    let seeds: Vec<u64> = (2001..=2006).collect();
    let ran = many::run(Path::new(PROGRAM), &[], &seeds, 2, |_| {}).expect("the program can be run");
    let failed: Vec<&str> = ran.iter().filter(|ran| !ran.is_fine).map(|ran| ran.text.as_str()).collect();
    assert!(failed.is_empty(), "{}", failed.concat());
}
