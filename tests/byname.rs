//! By Name and `.gcdump` files against PerfView's own tables.
//!
//! The tables were written by PerfView's code from the very file that is read here. They say modules with
//! their folder; PerfView's window, and Heapglass, show the file name only.

mod support;

use heapglass::analysis::byname::{Row, Rules, Table, by_name};
use heapglass::gcdump;
use heapglass::progress::Progress;
use serde_json::Value;

const FILE: &str = "efshop-net8-win-x64.gcdump";

fn tables() -> Value {
    let path = support::dump("efshop-net8-win-x64.perfview.json").expect("it is packed in tests/data");
    serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(path).expect("opens"))).expect("JSON")
}

fn sample() -> gcdump::Gcdump {
    gcdump::open(&support::dump(FILE).expect("it is packed in tests/data"), &Progress::new()).expect("it can be read")
}

/// `C:\app\EfShop\EntityFramework!X` → `EntityFramework!X`.
fn without_folders(name: &str) -> String {
    regex::Regex::new(r"[A-Z]:\\[^!<]*\\").expect("valid").replace_all(name, "").into_owned()
}

fn rules(view: &Value) -> Rules {
    let text = |key: &str| view[key].as_str().expect("a text").to_owned();
    let fold_percent = view["fold_percent"].as_f64().expect("a number") as f32;
    Rules { group: text("group"), fold: text("fold"), fold_percent, ..Rules::plain() }
}

/// Exc, Exc Ct, Inc and Inc Ct as PerfView's window has them.
fn shown(row: &Row) -> [f32; 4] {
    let (exclusive, inclusive) = (row.exclusive, row.inclusive);
    [exclusive.perfview_bytes, exclusive.perfview_count, inclusive.perfview_bytes, inclusive.perfview_count]
}

fn compare(name: &str, table: &Table, view: &Value) {
    assert_eq!(table.total.perfview_bytes, view["total_metric"].as_f64().unwrap() as f32, "{name}: total bytes");
    assert_eq!(table.total.perfview_count, view["total_count"].as_f64().unwrap() as f32, "{name}: total count");
    let mut left: Vec<&Row> = table.rows.iter().collect();
    for want in view["rows"].as_array().expect("rows") {
        let title = without_folders(want["name"].as_str().expect("a name"));
        let numbers = ["exc", "exc_ct", "inc", "inc_ct"].map(|key| want[key].as_f64().expect("a number") as f32);
        let found = left.iter().position(|row| *row.name == *title && shown(row) == numbers);
        let Some(at) = found else {
            let same_name: Vec<_> = left.iter().filter(|row| *row.name == *title).map(|row| shown(row)).collect();
            panic!("{name}: PerfView has {title} {numbers:?}, here are {same_name:?}");
        };
        let row = left.swap_remove(at);
        for (key, weight) in [("exc_percent", &row.exclusive), ("inc_percent", &row.inclusive)] {
            let percent = table.percent(weight).expect("a heap with bytes");
            assert!((percent - want[key].as_f64().unwrap()).abs() < 0.00051, "{name}: {title} {key} {percent}");
        }
    }
    assert_eq!(
        left.iter().map(|row| &*row.name).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "{name}: rows PerfView lacks"
    );
}

#[test]
fn every_row_of_every_perfview_table_is_reproduced_to_the_last_bit() {
    let graph = sample().graph;
    let tables = tables();
    assert_eq!(graph.len() as u64, tables["nodes"].as_u64().unwrap());
    assert_eq!(graph.sizes.iter().sum::<u64>(), tables["total_size"].as_u64().unwrap());
    let views = tables.as_object().expect("an object").iter().filter(|(_, view)| view["rows"].is_array());
    let mut count = 0;
    for (name, view) in views {
        compare(name, &by_name(&graph, &rules(view), &Progress::new()).expect("a table"), view);
        count += 1;
    }
    assert_eq!(count, 5);
}
