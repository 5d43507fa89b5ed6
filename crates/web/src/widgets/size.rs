//! Amounts of bytes as people read them.

const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/// In the largest unit of which there is at least one: `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let unit = UNITS.len().min(1 + bytes.max(1).ilog2() as usize / 10) - 1;
    match unit {
        0 => format!("{bytes} bytes"),
        _ => {
            let tenths = (u128::from(bytes) * 10) >> (unit * 10);
            let (whole, tenth) = (tenths / 10, tenths % 10);
            if tenth == 0 { format!("{whole} {}", UNITS[unit]) } else { format!("{whole}.{tenth} {}", UNITS[unit]) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_the_unit_that_people_would_choose() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (2 << 20, "2 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
