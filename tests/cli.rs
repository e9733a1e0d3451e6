//! The program as a user starts it: arguments, exit codes, what goes to which stream.

mod support;

use std::process::{Command, Output};

use serde_json::Value;

fn heapglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heapglass")).args(arguments).output().expect("the program starts")
}

#[test]
fn help_teaches_with_examples_on_standard_output() {
    let out = heapglass(&["--help"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(out.stderr.is_empty());
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("Examples:\n  heapglass shop.dmp"), "{text}");
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    let out = heapglass(&["--no-such-option"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert!(String::from_utf8(out.stderr).unwrap().contains("--no-such-option"));
}

/// The answer of a command that must succeed.
fn json(arguments: &[&str]) -> Value {
    let out = heapglass(arguments);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stderr.is_empty(), "nothing but the answer when this is no terminal");
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn squeezed(name: &Value) -> String {
    name.as_str().unwrap_or("").replace(' ', "")
}

#[test]
fn types_and_info_print_the_truth_as_the_contract_spells_it() {
    for name in [support::SAMPLE, "azmcp-net10-singlefile-win-x64.dmp", "zoo-net9-linux-x64.core"] {
        let (Some(path), Some(truth)) = (support::dump(name), support::truth(name)) else { continue };
        let path = path.to_str().expect("a plain path");
        let types = json(&["types", path, "--json", "--no-retained"]);
        assert_eq!(types["total_bytes"], truth["bytes"]);
        assert_eq!(types["total_count"], truth["objects"]);
        let (rows, theirs) = (types["types"].as_array().unwrap(), truth["types"].as_array().unwrap());
        assert_eq!(rows.len(), theirs.len(), "types of {name}");
        assert_eq!(rows.last().unwrap()["name"], "Free", "Free comes last");
        for their in theirs {
            let table = format!("{:#x}", their["mt"].as_u64().unwrap());
            let ours = rows.iter().find(|row| row["method_table"] == table.as_str()).expect("every type of the truth");
            assert_eq!(ours["exc_count"], their["count"], "{} of {name}", their["name"]);
            assert_eq!(ours["exc_bytes"], their["bytes"], "{} of {name}", their["name"]);
            // The truth has no name for types made at run time, and spells rank-1 arrays with bounds `<*>`.
            let (ours, theirs) = (squeezed(&ours["name"]), squeezed(&their["name"]));
            if !theirs.is_empty() && !theirs.ends_with("List<T1>") {
                assert_eq!(ours.replace("[*]", "<*>"), theirs, "in {name}");
            }
        }
        let info = json(&["info", path, "--json"]);
        for key in ["objects", "bytes", "references", "digest", "digest_references"] {
            assert_eq!(info[key], truth[key], "{key} of {name}");
        }
        assert_eq!(info["unread"]["bytes"], 0, "of {name}");
        assert_eq!(info["finalizable"], truth["finalizable"].as_array().unwrap().len(), "of {name}");
    }
}

#[test]
fn a_file_that_is_no_dump_exits_with_1_and_says_what_it_is() {
    let out = heapglass(&["info", concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")]);
    assert_eq!(out.status.code(), Some(1));
    assert!(out.stdout.is_empty());
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(text.contains("README.md is not a memory dump"), "{text}");
}

#[test]
fn the_leak_of_the_sample_is_told_by_suspects_strings_and_waste() {
    let path = support::dump(support::SAMPLE).expect("the sample is always here");
    let path = path.to_str().expect("a plain path");
    let suspects = json(&["suspects", path, "--json", "--without-roots", "stack"]);
    let leak = &suspects["suspects"][0];
    assert_eq!(leak["type"], "System.Data.Entity.Core.Common.QueryCache.QueryCacheEntry");
    assert_eq!(leak["objects"], 804);
    assert_eq!(leak["root"]["kind"], "static");
    assert_eq!(leak["root"]["name"], "System.Data.Entity.Internal.LazyInternalContext._cachedModels");
    assert!(leak["text"].as_str().unwrap().contains("801 SqlCommand objects"), "{leak}");
    let steps = leak["path"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["type"], leak["type"]);

    let strings = json(&["strings", path, "--json", "--limit", "3"]);
    let rows = strings["strings"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows[0]["value"].as_str().unwrap().starts_with("collection[Transient.rowtype[("));
    assert!(strings["duplicate_bytes"].as_u64() > rows[0]["wasted_bytes"].as_u64());

    let waste = json(&["waste", path, "--json"]);
    let free = waste["parts"].as_array().unwrap().iter().find(|part| part["kind"] == "Free space between objects");
    assert_eq!(free.unwrap()["bytes"], 4_412_232, "the truth's Free");
}

#[test]
fn diff_fails_only_if_the_heap_grew_by_more_than_allowed() {
    let sample = support::dump(support::SAMPLE).expect("the sample is always here");
    let sample = sample.to_str().expect("a plain path");
    let same = json(&["diff", sample, sample, "--fail-if-grown", "0", "--json"]);
    let rows = same["types"].as_array().unwrap();
    assert!(rows.len() > 2000 && rows.iter().all(|row| row["bytes_delta"] == 0 && row["base"] == row["new"]));

    let Some(zoo) = support::dump("zoo-net8-win-x64.dmp") else { return };
    let zoo = zoo.to_str().expect("a plain path");
    let grown = heapglass(&["diff", zoo, sample, "--fail-if-grown", "1MB", "--json"]);
    assert_eq!(grown.status.code(), Some(1));
    assert!(String::from_utf8(grown.stderr).unwrap().contains("the heap grew by"));
    let rows: Value = serde_json::from_slice(&grown.stdout).expect("the answer is there all the same");
    let named = |name: &str| rows["types"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    let commands = named("System.Data.SqlClient.SqlCommand");
    assert_eq!((&commands["count_delta"], &commands["base"]["count"]), (&801.into(), &0.into()));
    let orders = named("Acme.Store.Order");
    assert_eq!(orders["bytes_delta"].as_i64(), orders["base"]["bytes"].as_i64().map(|bytes| -bytes));
    assert_eq!(heapglass(&["diff", sample, zoo, "--fail-if-grown", "0"]).status.code(), Some(0));
}

#[test]
fn byname_prints_perfviews_table_of_a_gcdump_and_of_the_dump_it_was_made_from() {
    let file = |name| support::dump(name).expect("it is packed").to_str().expect("a plain path").to_owned();
    let plain = ["--group", "", "--fold", "", "--json"];
    let table = |path: &str, more: &[&str]| json(&[&["byname", path], more].concat());
    let gcdump = table(&file("efshop-net8-win-x64.gcdump"), &plain);
    assert_eq!((&gcdump["total_bytes"], &gcdump["total_count"]), (&Value::from(14_831_419), &Value::from(130_511)));
    let first = &gcdump["rows"][0];
    assert_eq!(first["name"], "System.Private.CoreLib!String (Bytes > 1K)");
    assert_eq!((&first["exc_bytes"], &first["exc_count"]), (&Value::from(4_871_118), &Value::from(2619)));
    // Conservative stacks hold 40 bytes more.
    let dump = table(&file(support::SAMPLE), &plain);
    assert_eq!(dump["total_bytes"], 14_831_459);
    assert_eq!((&dump["rows"][0]["name"], &dump["rows"][0]["inc_bytes"]), (&first["name"], &first["inc_bytes"]));
    let without = table(&file(support::SAMPLE), &["--without-roots", "stack,static", "--json"]);
    let names: Vec<&str> = without["rows"].as_array().unwrap().iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&"[StrongHandle]") && !names.contains(&"[local vars]") && !names.contains(&"[static vars]"));
    let out = heapglass(&["byname", &file(support::SAMPLE), "--fold", "{"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8(out.stderr).unwrap().contains("the pattern { cannot be understood"));
}

#[test]
fn a_gcdump_can_be_browsed_like_a_dump() {
    let path = support::dump("efshop-net8-win-x64.gcdump").expect("it is packed");
    let path = path.to_str().expect("a plain path");
    let info = json(&["info", path, "--json"]);
    assert_eq!((&info["container"], &info["objects"]), (&Value::from("gcdump"), &Value::from(137_280)));
    let types = json(&["types", path, "--json", "--sort", "retained", "--filter", "SqlCommand$"]);
    assert_eq!(types["types"][0]["exc_count"], 801);
    let way = json(&["path", path, "System.Data.SqlClient.SqlCommand", "--json"]);
    assert_eq!(way["root"]["name"], "System.Data.Entity.Internal.LazyInternalContext._cachedModels");
    let referrers = json(&["referrers", path, "System.Data.SqlClient.SqlCommand", "--json"]);
    assert_eq!(referrers["objects"], 801);
}
