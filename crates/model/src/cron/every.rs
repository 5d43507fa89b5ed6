//! The duration behind `@every`: numbers with units, such as `1h30m` or `2.5s`.

const NANOS: f64 = 1e9;

/// Whole seconds, at least one.
pub fn seconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(1);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount = amount(&rest[..number])?;
        rest = &rest[number..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        nanos += amount * unit_nanos(&rest[..unit])?;
        rest = &rest[unit..];
    }
    let seconds = sign * nanos / NANOS;
    // Nothing is more frequent than once a second; what lies beyond representable time is no duration.
    (seconds < i64::MAX as f64 / NANOS).then(|| (seconds.floor() as i64).max(1))
}

fn amount(digits: &str) -> Option<f64> {
    // A point alone is no number, one at the edge is.
    if digits.matches('.').count() > 1 || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("0{digits}0").parse().ok().map(|value: f64| if digits.contains('.') { value } else { value / 10.0 })
}

fn unit_nanos(unit: &str) -> Option<f64> {
    let nanos = match unit {
        "ns" => 1.0,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
        "ms" => 1e6,
        "s" => NANOS,
        "m" => 60.0 * NANOS,
        "h" => 3600.0 * NANOS,
        _ => return None,
    };
    Some(nanos)
}
