//! Numbers and switches as Go reads them, refused in the words of the reference: scripts look for them.

use std::fmt::Display;
use std::str::FromStr;

/// `1`, `-2`.
pub fn integer<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    // Underscores and prefixes (`0x10`) are not numbers here; nobody writes them in a flag.
    let refused = |why| format!("strconv.ParseInt: parsing {text:?}: {why}");
    let whole = text.parse::<i64>().map_err(|_| refused("invalid syntax"))?;
    whole.to_string().parse().map_err(|_| refused("value out of range"))
}

/// `1.5`, `-2`, `1e3`.
pub fn float(text: &str) -> Result<f32, String> {
    text.parse().map_err(|_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
}

/// `true`, `false`, and their short forms.
pub fn switch(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_switches_are_read_or_refused_by_name() {
        assert_eq!(integer::<i32>("-7"), Ok(-7));
        assert_eq!(float("1e3"), Ok(1000.0));
        assert_eq!(switch("T"), Ok(true));
        assert_eq!(integer::<i32>("x"), Err("strconv.ParseInt: parsing \"x\": invalid syntax".into()));
        assert_eq!(integer::<u16>("-1"), Err("strconv.ParseInt: parsing \"-1\": value out of range".into()));
        assert_eq!(switch("maybe"), Err("strconv.ParseBool: parsing \"maybe\": invalid syntax".into()));
    }
}
