//! Switches that turn a witness or a step of discovery off: for tests and for support.

/// `--runtime-hint`, comma-separated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Do not read the contract descriptor (.NET 9+).
    pub no_contract: bool,
    /// Do not look for GcDacVars: find segments, handles and queues by their structure.
    pub no_gcdacvars: bool,
    /// Do not look at version numbers.
    pub hide_version: bool,
    /// Of several runtimes in one process, take the one in the module whose path contains this.
    pub module: Option<String>,
}

impl std::str::FromStr for Hints {
    type Err = String;

    fn from_str(text: &str) -> Result<Hints, String> {
        let mut hints = Hints::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match item.split_once('=') {
                None if item == "no-contract" => hints.no_contract = true,
                None if item == "no-gcdacvars" => hints.no_gcdacvars = true,
                None if item == "hide-version" => hints.hide_version = true,
                Some(("module", name)) if !name.is_empty() => hints.module = Some(name.to_lowercase()),
                _ => return Err(format!("{item}: expected no-contract, no-gcdacvars, hide-version or module=NAME")),
            }
        }
        Ok(hints)
    }
}

#[cfg(test)]
mod tests {
    use super::Hints;

    #[test]
    fn hints_are_a_comma_separated_list_and_unknown_ones_are_refused() {
        let hints: Hints = "no-contract, module=CoreCLR.dll".parse().unwrap();
        assert!(hints.no_contract && !hints.no_gcdacvars);
        assert_eq!(hints.module.as_deref(), Some("coreclr.dll"));
        assert!("no-dac".parse::<Hints>().is_err());
    }
}
