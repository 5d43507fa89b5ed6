//! The stored baseline: the commit that later ones are compared with, and figures for orientation. Its binary is built from that
//! commit (`scripts/bench` does), because figures of another hour or machine say nothing.

use serde_json::Value;

use crate::profile::Profile;

const STORED: &str = include_str!("../baseline.json");
/// A profile that is slower than the baseline by more than this part is reported.
pub(crate) const SLOWER_MAX: f64 = 0.15;

fn stored() -> Value {
    serde_json::from_str(STORED).expect("baseline.json is JSON")
}

/// The commit of the baseline.
pub(crate) fn commit() -> String {
    stored()["commit"].as_str().unwrap_or_default().to_owned()
}

/// What is to be said of a profile whose figures, in the same run, were these: workflows a second of this build and of the baseline.
pub(crate) fn verdict(profile: Profile, here: f64, baseline: f64) -> Result<(), String> {
    if here >= baseline * (1.0 - SLOWER_MAX) {
        return Ok(());
    }
    let percent = (1.0 - here / baseline) * 100.0;
    Err(format!("{} is {percent:.0} % slower than at {}", profile.name(), commit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_baseline_is_whole() {
        let stored = stored();
        for profile in Profile::ALL {
            let per_second = stored["profiles"][profile.name()]["per_second"].as_f64();
            assert!(per_second.is_some_and(|number| number > 0.0), "{}", profile.name());
        }
        assert_eq!(commit().len(), 40, "a whole commit id");
    }

    #[test]
    fn what_is_much_slower_is_reported() {
        assert_eq!(verdict(Profile::Noop, 86.0, 100.0), Ok(()));
        let said = verdict(Profile::Noop, 80.0, 100.0).expect_err("slower");
        assert!(said.starts_with("noop is 20 % slower than at "), "{said}");
    }
}
