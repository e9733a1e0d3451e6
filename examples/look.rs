use heapglass::analysis::flame::*;
use heapglass::heap::*;
use heapglass::ui::export::*;
use heapglass::view::flame::*;
use std::sync::Arc;

fn short(name: &str) -> String {
    let mut out = String::new();
    let mut start = 0;
    for c in name.chars() {
        if c == '.' {
            out.truncate(start)
        } else {
            out.push(c);
            if "<>[], +".contains(c) {
                start = out.len();
            }
        }
    }
    out
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let v: serde_json::Value =
        serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(&args[1]).unwrap())).unwrap();
    let mut module = std::collections::HashMap::new();
    for t in v["types"].as_array().unwrap() {
        let m = t["module"].as_str().unwrap_or("").rsplit(['\\', '/']).next().unwrap().to_string();
        module.insert(t["name"].as_str().unwrap_or("").to_string(), m);
    }
    let root = &v["flame_without_stack"];
    let mut tree = FlameTree::default();
    let mut level = vec![(root, 0u32)];
    while !level.is_empty() {
        let mut below = vec![];
        let first = tree.frames.len() as u32;
        let mut next = first + level.len() as u32;
        for (i, (s, parent)) in level.iter().enumerate() {
            let full = s["name"].as_str().unwrap_or("heap reachable from roots");
            let at = tree.names.iter().position(|n| &*n.full == full).unwrap_or_else(|| {
                let (kind, sh, ns) = if let Some(x) = full.strip_prefix("[static var ") {
                    let x = x.trim_end_matches(']');
                    let (t, f) = x.rsplit_once('.').unwrap();
                    (NameKind::Root(RootKind::Static), format!("static var {}.{f}", short(t)), 0)
                } else if full.starts_with("[Strong") {
                    (NameKind::Root(RootKind::StrongHandle), "strong handles".into(), 0)
                } else if full.starts_with('[') {
                    (NameKind::Root(RootKind::PinnedHandle), "pinned handles".into(), 0)
                } else if full.starts_with("heap") {
                    (NameKind::Whole, full.into(), 0)
                } else {
                    let sh = short(full);
                    let head = full.split(['<', '+', '[']).next().unwrap();
                    (NameKind::Type(TypeKind::Object), sh, head.rfind('.').map_or(0, |i| i + 1) as u32)
                };
                tree.names.push(Name {
                    full: full.into(),
                    short: sh.into(),
                    namespace: ns,
                    assembly: module.get(full).cloned().unwrap_or_default().into(),
                    kind,
                });
                tree.names.len() - 1
            });
            static EMPTY: Vec<serde_json::Value> = Vec::new();
            let ch = s["children"].as_array().unwrap_or(&EMPTY);
            let g = |k: &str| s[k].as_u64().unwrap_or(0);
            tree.frames.push(Frame {
                name: at as u32,
                parent: *parent,
                first_child: next,
                children: ch.len() as u32,
                objects: g("objects") as u32,
                chain: 1,
                weight: g("bytes"),
                own: g("own"),
                smaller: g("smaller_bytes"),
                smaller_types: g("smaller_types") as u32,
                shared: if full.ends_with("QueryCacheManager") { g("bytes") } else { 0 },
                sample: 0,
            });
            next += ch.len() as u32;
            below.extend(ch.iter().map(|c| (c, first + i as u32)));
        }
        level = below;
    }
    tree.frames[0].objects = 128791;
    tree.labels = (0..tree.names.len() as u32).collect();
    let view = FlameView::new(Arc::new(tree), Measure::default(), 14808323);
    let caption = Caption {
        title: "efshop-net8-win-x64.dmp".into(),
        facts: ".NET 8.0.31 · Windows x64 · whole heap: 128 791 of 137 280 objects reachable".into(),
    };
    for (name, theme, width, scale) in [
        ("dark", eframe::egui::Theme::Dark, 1400.0, 1.0),
        ("light", eframe::egui::Theme::Light, 900.0, 1.0),
        ("4k", eframe::egui::Theme::Dark, 2400.0, 2.0),
    ] {
        let t = std::time::Instant::now();
        let mut out = vec![];
        write(Format::Png, &view, &caption, Look { width, scale, theme }, &mut out).unwrap();
        println!("{name} {:?}", t.elapsed());
        std::fs::write(format!("/tmp/look-{name}.png"), out).unwrap();
    }
    let mut out = vec![];
    write(
        Format::Svg,
        &view,
        &caption,
        Look { width: 1400.0, scale: 1.0, theme: eframe::egui::Theme::Light },
        &mut out,
    )
    .unwrap();
    std::fs::write("/tmp/look.svg", out).unwrap();
}
