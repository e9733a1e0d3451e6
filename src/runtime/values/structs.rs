//! Well-known structs as people write them: dates, times, GUIDs, decimals, nullables, tuples.
//!
//! Recognised by name, read by field name or, where the layout is the same from .NET Framework 4 to 10,
//! by their bytes.

use super::{DEEPEST, Inspector, Place};

/// 100-nanosecond ticks.
const SECOND: u64 = 10_000_000;
const DAY: u64 = 86_400 * SECOND;
/// Ticks of a DateTime; the two bits above say of which kind.
const TICKS: u64 = (1 << 62) - 1;
/// 9999-12-31 and a bit: no DateTime has more.
const MOST_TICKS: u64 = 3_652_059 * DAY;

impl Inspector<'_> {
    /// The text of a struct that is known, or of one that has a single field.
    pub(super) fn struct_text(self, place: Place, depth: u32) -> Option<String> {
        if place.mt == 0 || depth > DEEPEST {
            return None;
        }
        let name = self.types.definition_name(self.space, place.mt);
        match name.as_str() {
            "System.DateTime" => date_time(self.space.u64(place.address)?),
            "System.TimeSpan" => Some(time_span(self.space.u64(place.address)? as i64)),
            "System.DateTimeOffset" => self.date_time_offset(place),
            "System.DateOnly" => date(u64::try_from(self.integer_in(place, &["_dayNumber"])?).ok()?),
            "System.TimeOnly" => Some(time_span(self.integer_in(place, &["_ticks"])?)),
            "System.Guid" => self.guid(place.address),
            "System.Decimal" => self.decimal(place.address),
            "System.Nullable`1" => self.nullable(place, depth),
            "System.Collections.Generic.KeyValuePair`2" => self.tuple(place, depth),
            "System.Collections.DictionaryEntry" => self.tuple(place, depth),
            "System.Text.Rune" => char::from_u32(self.integer_in(place, &["_value"])? as u32).map(String::from),
            "System.Int128" => Some((self.wide(place)? as i128).to_string()),
            "System.UInt128" => Some(self.wide(place)?.to_string()),
            name if name.starts_with("System.ValueTuple`") => self.tuple(place, depth),
            _ => self.only_field(place, depth),
        }
    }

    fn wide(self, place: Place) -> Option<u128> {
        let half = |name| self.integer_in(place, &[name]).map(|half| u128::from(half as u64));
        Some(half("_upper")? << 64 | half("_lower")?)
    }

    /// Local time and distance from UTC; the time is kept in UTC.
    fn date_time_offset(self, place: Place) -> Option<String> {
        let (_, at) = self.field_of(place, &["_dateTime", "m_dateTime"])?;
        let minutes = self.integer_in(place, &["_offsetMinutes", "m_offsetMinutes"])?;
        let offset = minutes.checked_mul(60 * SECOND as i64)?;
        let local = (self.space.u64(at)? & TICKS).checked_add_signed(offset)?;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.unsigned_abs();
        Some(format!("{} {sign}{:02}:{:02}", clock(local)?, minutes / 60, minutes % 60))
    }

    fn guid(self, address: u64) -> Option<String> {
        let mut bytes = [0; 16];
        self.space.read(address, &mut bytes)?;
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
        let (first, second, third) =
            (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]));
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Some(format!("{first:08x}-{second:04x}-{third:04x}-{}-{}", hex(&rest[..2]), hex(&rest[2..])))
    }

    /// Flags (sign in bit 31, decimal places in bits 16-23), high 32 bits, low 64 bits.
    fn decimal(self, address: u64) -> Option<String> {
        let (flags, high) = (self.space.u32(address)?, self.space.u32(address.checked_add(4)?)?);
        let digits = u128::from(high) << 64 | u128::from(self.space.u64(address.checked_add(8)?)?);
        let places = (flags >> 16 & 0xFF) as usize;
        if places > 28 || flags & 0x7F00_FFFF != 0 {
            return None;
        }
        let digits = format!("{digits:0width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if flags >> 31 != 0 { "-" } else { "" };
        let dot = if places > 0 { "." } else { "" };
        Some(format!("{sign}{whole}{dot}{fraction}"))
    }

    fn nullable(self, place: Place, depth: u32) -> Option<String> {
        if self.integer_in(place, &["hasValue"])? == 0 {
            return Some("null".to_owned());
        }
        let (field, _) = self.field_of(place, &["value"])?;
        let item = self.field_item(place, &field, depth + 1);
        item.text.or_else(|| item.value.text())
    }

    /// `(1, "two", 3)`: every field.
    pub(super) fn tuple(self, place: Place, depth: u32) -> Option<String> {
        let fields = self.types.fields(self.space, place.mt);
        let parts: Vec<String> = fields
            .iter()
            .take(8)
            .map(|field| {
                let item = self.field_item(place, field, depth + 1);
                item.text.or_else(|| item.value.text()).unwrap_or_else(|| "…".to_owned())
            })
            .collect();
        (!parts.is_empty()).then(|| format!("({})", parts.join(", ")))
    }

    /// A struct around one value says what that value says.
    fn only_field(self, place: Place, depth: u32) -> Option<String> {
        let fields = self.types.fields(self.space, place.mt);
        let [only] = fields.as_slice() else { return None };
        let item = self.field_item(place, only, depth + 1);
        item.text.or_else(|| item.value.text())
    }
}

/// `2024-05-01 12:00:00Z`; local times say so, unspecified ones say nothing.
fn date_time(data: u64) -> Option<String> {
    let kind = match data >> 62 {
        0 => "",
        1 => "Z",
        _ => " local",
    };
    Some(format!("{}{kind}", clock(data & TICKS)?))
}

fn clock(ticks: u64) -> Option<String> {
    if ticks >= MOST_TICKS {
        return None;
    }
    let second = ticks % DAY / SECOND;
    let mut text = format!("{} {:02}:{:02}:{:02}", date(ticks / DAY)?, second / 3600, second / 60 % 60, second % 60);
    push_fraction(&mut text, ticks % SECOND);
    Some(text)
}

/// Days since 0001-01-01 in the Gregorian calendar.
pub fn date(days: u64) -> Option<String> {
    if days >= MOST_TICKS / DAY {
        return None;
    }
    // Count from 0000-03-01, so that leap days end a year and eras of 400 years are alike.
    let days = days + 306;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// `[-][d.]hh:mm:ss[.fffffff]`, as .NET writes it.
fn time_span(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let second = ticks % DAY / SECOND;
    let days = if ticks >= DAY { format!("{}.", ticks / DAY) } else { String::new() };
    let mut text = format!("{sign}{days}{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    push_fraction(&mut text, ticks % SECOND);
    text
}

/// A fraction of a second, without zeros at its end.
fn push_fraction(text: &mut String, ticks: u64) {
    if ticks != 0 {
        let digits = format!("{ticks:07}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, SECOND, TICKS, date, date_time, time_span};

    #[test]
    fn dates_are_those_of_the_gregorian_calendar() {
        // Ticks as .NET prints them for these dates.
        for (ticks, text) in [
            (0, "0001-01-01 00:00:00"),
            (630_822_816_000_000_000, "2000-01-01 00:00:00"),
            (630_873_792_000_000_000, "2000-02-29 00:00:00"),
            (638_501_616_000_000_000, "2024-05-01 12:00:00"),
            (638_501_616_000_500_000, "2024-05-01 12:00:00.05"),
            (3_155_378_975_999_999_999, "9999-12-31 23:59:59.9999999"),
        ] {
            assert_eq!(date_time(ticks).as_deref(), Some(text));
        }
        assert_eq!(date_time(638_501_616_000_000_000 | 1 << 62).as_deref(), Some("2024-05-01 12:00:00Z"));
        assert_eq!(date_time(TICKS), None);
        let (mut last, mut months) = (String::new(), 0);
        for day in 0..146_097 {
            let text = date(day).unwrap();
            assert!(text > last, "{text} follows {last}");
            months += u32::from(text.ends_with("-01"));
            last = text;
        }
        assert_eq!((last.as_str(), months), ("0400-12-31", 4800));
    }

    #[test]
    fn time_spans_are_written_as_the_framework_does() {
        assert_eq!(time_span(0), "00:00:00");
        assert_eq!(time_span(-(90 * SECOND as i64)), "-00:01:30");
        assert_eq!(time_span((3 * DAY + 4 * 3600 * SECOND + 1) as i64), "3.04:00:00.0000001");
        assert_eq!(time_span(i64::MIN), "-10675199.02:48:05.4775808");
    }
}
