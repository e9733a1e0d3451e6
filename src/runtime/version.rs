//! Which runtime a dump has: for people and for warnings, never for layouts.
//!
//! Asked in turn: the file version of the runtime's module (Windows), the folder it was loaded from, the
//! version text that every Unix build carries, the DotNetRuntimeInfo block of single-file programs, and at
//! last the core library's assembly version, which has no patch number.

use crate::dump::{Dump, Module};
use crate::memory::AddressSpace;

/// The newest major version this program was proven on.
const NEWEST_PROVEN: u32 = 10;
/// Longest version text that is looked at.
const TEXT: usize = 64;

/// Name and version of a runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// `.NET`, `.NET Core` or `.NET Framework`.
    pub name: String,
    /// `8.0.31`; empty where nothing tells.
    pub version: String,
    /// What told it, in words.
    pub how: String,
    /// A sentence for a runtime that this program was not proven on.
    pub warning: Option<String>,
}

/// Finds the version of the runtime whose GcDacVars (or any other structure of its own) lies at `inside`,
/// or of the only module that is named like one. `core` is the core library's assembly version.
pub fn find(dump: &Dump, space: &AddressSpace, inside: Option<u64>, core: Option<[u16; 4]>) -> Version {
    match (of_runtime(dump, space, inside), core) {
        (Some(version), _) => version,
        (None, Some([major, minor, ..])) if major >= 5 => {
            named_version(&format!("{major}.{minor}"), "the core library's assembly version")
        }
        _ => unknown("nothing in the dump tells it"),
    }
}

fn of_runtime(dump: &Dump, space: &AddressSpace, inside: Option<u64>) -> Option<Version> {
    let holds =
        |module: &&Module| inside.is_some_and(|at| at >= module.base && at - module.base < module.size + (2 << 20));
    let named = |module: &&Module| is_runtime(module.file_name());
    // A process may have several runtimes: the one that holds the structure is meant.
    let holder = dump.modules.iter().filter(named).find(holds);
    let behind = dump.modules.iter().filter(holds).max_by_key(|module| module.base);
    let module = holder.or_else(|| dump.modules.iter().find(named)).or(behind)?;
    let framework = module.file_name().eq_ignore_ascii_case("clr.dll");
    let own_version = module.version.filter(|_| is_runtime(module.file_name()));
    if let Some(version) = own_version
        && let Some(found) = of_numbers(version.map(u32::from), framework, "the runtime module's file version")
    {
        return Some(found);
    }
    if let Some(version) = of_folder(&module.path) {
        return Some(named_version(&version, "the runtime's folder"));
    }
    type Parse = fn(&[u8]) -> Option<[u32; 4]>;
    let texts: [(&[u8], Parse, &str); 2] = [
        (b"@(#)Version ", of_text, "the runtime's version text"),
        (b"DotNetRuntimeInfo\0", of_runtime_info, "DotNetRuntimeInfo"),
    ];
    for (needle, parse, how) in texts {
        for (_, bytes) in space.parts(module.base..module.base.saturating_add(module.size)) {
            let found = find_all(bytes, needle).find_map(|at| parse(&bytes[at + needle.len()..]));
            if let Some(found) = found.and_then(|numbers| of_numbers(numbers, false, how)) {
                return Some(found);
            }
        }
    }
    None
}

fn is_runtime(file_name: &str) -> bool {
    ["coreclr.dll", "libcoreclr.so", "clr.dll"].iter().any(|name| file_name.eq_ignore_ascii_case(name))
}

/// A version that is not known, and why.
pub fn unknown(how: &str) -> Version {
    Version {
        name: ".NET".into(),
        version: String::new(),
        how: how.into(),
        warning: Some("The version of this .NET runtime is not known: everything was found by structure.".into()),
    }
}

fn named_version(version: &str, how: &str) -> Version {
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let name = if major < 5 { ".NET Core" } else { ".NET" };
    let warning = (major > NEWEST_PROVEN)
        .then(|| format!(".NET {version} is newer than this program: it was proven on .NET 2.1 to {NEWEST_PROVEN}."));
    Version { name: name.into(), version: version.into(), how: how.into(), warning }
}

/// From four numbers as the runtime's file carries them: 8.0.3126.42015 is 8.0.31.
fn of_numbers(numbers: [u32; 4], framework: bool, how: &str) -> Option<Version> {
    let [major, minor, third, _] = numbers;
    if framework {
        return Some(Version {
            name: ".NET Framework".into(),
            version: format!("{major}.{minor}"),
            how: how.into(),
            warning: Some(".NET Framework was never tried on a real dump: check what this shows.".into()),
        });
    }
    match (major, minor) {
        (4, 700) => Some(named_version("3.1", how)),
        // 4.6.27317: the file of 2.1 and 2.2 alike; only its folder tells them apart.
        (..5, _) => None,
        _ => Some(named_version(&format!("{major}.{minor}.{}", third / 100), how)),
    }
}

/// `…/shared/Microsoft.NETCore.App/9.0.5/libcoreclr.so` → `9.0.5`.
fn of_folder(path: &str) -> Option<String> {
    let mut parts = path.rsplit(['/', '\\']).skip(1);
    let (version, app) = (parts.next()?, parts.next()?);
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.matches('.').count() >= 2;
    (is_version && app.eq_ignore_ascii_case("Microsoft.NETCore.App")).then(|| version.to_owned())
}

/// `9.0.525.21509 @Commit: …`
fn of_text(bytes: &[u8]) -> Option<[u32; 4]> {
    let text = &bytes[..bytes.len().min(TEXT)];
    let end = text.iter().position(|&byte| !byte.is_ascii_digit() && byte != b'.')?;
    let mut numbers = std::str::from_utf8(&text[..end]).ok()?.split('.').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    Some([next()?, next()?, next()?, next()?])
}

/// Behind the signature: 2 bytes of padding, the block's version, three module indexes of 24 bytes, and
/// from block version 2 on the four numbers.
fn of_runtime_info(bytes: &[u8]) -> Option<[u32; 4]> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().expect("four bytes")));
    let numbers = [number(78)?, number(82)?, number(86)?, number(90)?];
    (number(2)? >= 2 && (5..100).contains(&numbers[0])).then_some(numbers)
}

fn find_all<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_from_numbers_folder_and_text() {
        let of = |numbers| of_numbers(numbers, false, "").map(|found| found.version);
        assert_eq!(of([8, 0, 3126, 42015]).as_deref(), Some("8.0.31"));
        assert_eq!(of([4, 700, 22, 11601]).as_deref(), Some("3.1"));
        assert_eq!(of([4, 6, 27317, 3]), None);
        assert_eq!(of_folder(r"C:\dotnet\shared\Microsoft.NETCore.App\2.1.8\coreclr.dll").as_deref(), Some("2.1.8"));
        assert_eq!(of_folder("/app/libcoreclr.so"), None);
        assert_eq!(of_text(b"9.0.525.21509 @Commit: abc"), Some([9, 0, 525, 21509]));
        assert!(named_version("11.0.0", "").warning.is_some());
    }
}
