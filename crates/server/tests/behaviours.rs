//! The list of behaviours that are easy to get wrong: each is there, and so is every test that it names.

use std::fs;
use std::path::{Path, PathBuf};

/// How many behaviours there are.
const BEHAVIOURS: usize = 25;

/// One behaviour of the list.
struct Behaviour {
    title: String,
    text: String,
}

#[test]
fn every_behaviour_has_its_tests_or_is_absent() {
    let behaviours = behaviours();
    let numbers: Vec<&str> = behaviours.iter().filter_map(|it| it.title.split('.').next()).collect();
    assert_eq!(numbers, (1..=BEHAVIOURS).map(|number| number.to_string()).collect::<Vec<_>>());
    for Behaviour { title, text } in &behaviours {
        let tests = named_tests(text);
        assert_eq!(tests.is_empty(), text.trim_start().starts_with("Absent: "), "{title}: tests, or a reason");
        for (file, name) in tests {
            let source = fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(source.contains(&format!("fn {name}(")), "{title}: {file} has no test {name}");
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn behaviours() -> Vec<Behaviour> {
    let list = fs::read_to_string(root().join("docs/behaviours.md")).expect("the list can be read");
    let sections = list.split("\n## ").skip(1);
    let behaviour = |section: &str| {
        let (title, text) = section.split_once('\n').unwrap_or((section, ""));
        Behaviour { title: title.to_owned(), text: text.to_owned() }
    };
    sections.map(behaviour).collect()
}

/// The tests that a behaviour names, each with its file: everything in backquotes, a file before its tests.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let mut tests = Vec::new();
    let mut file = String::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        if quoted.contains('/') {
            quoted.clone_into(&mut file);
        } else {
            tests.push((file.clone(), quoted.to_owned()));
        }
    }
    tests
}
