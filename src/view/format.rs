//! Numbers as a person reads them.
//!
//! Thousands stand apart by a thin space, sizes are decimal (1 MB = 1 000 000 bytes, as the exact
//! figures beside them), a percentage has one digit behind its point. Everything here is short enough
//! for a table cell.

/// Between groups of three digits.
pub const THIN_SPACE: char = '\u{2009}';

/// `2 270 956`, with thin spaces.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(THIN_SPACE);
        }
        out.push(digit);
    }
    out
}

/// A field as its source spells it: `Instances` for `<Instances>k__BackingField`.
pub fn field(name: &str) -> &str {
    let property = name.strip_prefix('<').and_then(|rest| rest.strip_suffix(">k__BackingField"));
    property.unwrap_or(name)
}

/// `+1 204`, `−17`, `0`: a difference.
pub fn delta(n: i64) -> String {
    let sign = match n {
        0 => "",
        1.. => "+",
        _ => "−",
    };
    format!("{sign}{}", count(n.unsigned_abs()))
}

/// `801 objects`, `1 object`; `noun` is the singular, its plural ends in s.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `812 B`, `19.45 MB`, `612 MB`, `1.42 GB`.
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        return format!("{n} B");
    }
    let (value, unit) = scaled(n, &["kB", "MB", "GB", "TB", "PB", "EB"]);
    format!("{value} {unit}")
}

/// `950`, `12.4 k`, `4.2 M`: where the exact number does not matter.
pub fn short_count(n: u64) -> String {
    if n < 10_000 {
        return count(n);
    }
    let (value, unit) = scaled(n, &["k", "M", "G", "T", "P", "E"]);
    format!("{value} {unit}")
}

/// At most four digits of `n` (1000 or more) in the largest unit that keeps it above 1.
fn scaled<'a>(n: u64, units: &[&'a str]) -> (String, &'a str) {
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    // 999.6 would be written as 1000.
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let text = if value < 99.995 { format!("{value:.2}") } else { format!("{value:.0}") };
    (text, units[unit])
}

/// `11.7`; `<0.1` where something would be rounded to nothing. Without the sign `%`.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::from("0.0");
    }
    let percent = part as f64 / whole as f64 * 100.0;
    if part > 0 && percent < 0.05 { String::from("<0.1") } else { format!("{percent:.1}") }
}

/// `0.04 s`, `1.9 s`, `42 s`, `3 min 5 s`.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.995 => format!("{s:.2} s"),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 59.5 => format!("{s:.0} s"),
        s => {
            let whole = s.round() as u64;
            format!("{} min {} s", whole / 60, whole % 60)
        }
    }
}

/// How long ago something was, in one unit: `just now`, `5 min ago`, `2 h ago`, `yesterday`, `3 days ago`.
pub fn ago(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    match seconds {
        0..60 => String::from("just now"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..DAY => format!("{} h ago", seconds / 3600),
        _ if seconds < 2 * DAY => String::from("yesterday"),
        _ if seconds < 60 * DAY => format!("{} days ago", seconds / DAY),
        _ if seconds < 730 * DAY => format!("{} months ago", seconds / (30 * DAY)),
        _ => format!("{} years ago", seconds / (365 * DAY)),
    }
}

/// `0x7ff612340`.
pub fn address(address: u64) -> String {
    format!("{address:#x}")
}

/// `text` with thin spaces taken out, as another program wants its numbers.
pub fn plain(text: &str) -> String {
    text.replace(THIN_SPACE, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let count = |n| count(n).replace(THIN_SPACE, "_");
        assert_eq!([count(0), count(999), count(1000), count(2_270_956)], ["0", "999", "1_000", "2_270_956"]);
        assert_eq!(count(u64::MAX), "18_446_744_073_709_551_615");
        assert_eq!(plain(&super::count(1_234_567)), "1234567");
        assert_eq!([delta(12), delta(-12), delta(0)], ["+12", "−12", "0"]);
        assert_eq!(
            [counted(1, "object"), counted(801, "object"), counted(0, "type")],
            ["1 object", "801 objects", "0 types"]
        );
    }

    #[test]
    fn sizes_have_the_unit_that_keeps_them_short() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (19_448_769, "19.45 MB"),
            (99_999_999, "100 MB"),
            (612_345_678, "612 MB"),
            (999_600_000, "1.00 GB"),
            (1_420_000_000, "1.42 GB"),
            (u64::MAX, "18.45 EB"),
        ];
        for (n, text) in cases {
            assert_eq!(bytes(n), text);
        }
        assert_eq!(
            [short_count(9_999), short_count(12_400), short_count(4_200_000)].map(|s| plain(&s)),
            ["9999", "12.40 k", "4.20 M"]
        );
    }

    #[test]
    fn a_small_share_is_not_nothing() {
        assert_eq!(
            [percent(117, 1000), percent(1, 1_000_000), percent(0, 5), percent(5, 0)],
            ["11.7", "<0.1", "0.0", "0.0"]
        );
    }

    #[test]
    fn times_have_one_unit_or_two() {
        assert_eq!([0.04, 1.94, 42.0, 185.2, 59.7].map(seconds), ["0.04 s", "1.9 s", "42 s", "3 min 5 s", "1 min 0 s"]);
        assert_eq!(
            [5, 300, 7300, 90_000, 300_000].map(ago),
            ["just now", "5 min ago", "2 h ago", "yesterday", "3 days ago"]
        );
        assert_eq!([70, 800].map(|days| ago(days * 86_400)), ["2 months ago", "2 years ago"]);
    }
}
