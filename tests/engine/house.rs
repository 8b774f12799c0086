//! The rules of the house that a compiler does not know: which folder may use which, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const LONGEST: usize = 500;

/// What each folder of `src/` may name: an arrow of the architecture points down and lets everything below show through.
const ARROWS: [(&str, &[&str]); 10] = [
    ("graph", &[]),
    ("data", &[]),
    ("ui", &[]),
    ("exec", &["graph"]),
    ("nn", &["graph"]),
    ("autoregressive", &["nn"]),
    ("flows", &["nn"]),
    ("train", &["autoregressive", "flows", "exec", "data"]),
    ("labs", &["train", "data", "ui"]),
    ("cli", &["train", "data"]),
];

/// Crates with an edge of their own, and the folders (ending in `/`) and files of `src/` that may name them.
const FOREIGN: [(&str, &[&str]); 12] = [
    // The window itself must tell a software rasteriser from a graphics card, and hear that a device was lost.
    // Pictures without a window are painted by a device of their own.
    ("wgpu", &["exec/gpu/", "labs/window.rs", "ui/offscreen.rs"]),
    ("naga", &["exec/gpu/"]),
    ("pulp", &["exec/cpu/"]),
    ("egui", &["ui/", "labs/"]),
    ("egui_plot", &["ui/", "labs/"]),
    ("eframe", &["labs/app.rs", "labs/window.rs", "ui/offscreen.rs"]),
    ("rfd", &["labs/"]),
    // Typed errors in the library, sentences at the edge.
    ("anyhow", &["cli/", "main.rs"]),
    ("clap", &["cli/", "main.rs"]),
    ("indicatif", &["cli/"]),
    ("ndarray", &["data/", "labs/"]),
    ("safetensors", &["train/weights.rs"]),
];

/// Where Rust and WGSL of our own stand.
const ROOTS: [&str; 4] = ["src", "tests", "benches", "shaders"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs" || e == "wgsl") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Lines of code: comments and what follows `mod tests {` are left out, since a test may compare with anything.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// Names that follow `crate::`, also inside braces: `crate::{data, graph::Op}`.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0_i32, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && c.is_alphabetic() => {
                    names.insert(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn below(folder: &str) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<&str> = ARROWS.iter().filter(|(name, _)| *name == folder).flat_map(|(_, to)| to.iter().copied()).collect();
    while let Some(next) = todo.pop() {
        if let Some((name, to)) = ARROWS.iter().find(|(name, _)| *name == next)
            && seen.insert(*name)
        {
            todo.extend(to.iter());
        }
    }
    seen
}

fn folder_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(source()).unwrap();
    let first = inside.components().next()?.as_os_str().to_string_lossy().into_owned();
    (inside.components().count() > 1).then_some(first)
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let Some(folder) = folder_of(&path) else { continue };
        assert!(ARROWS.iter().any(|(name, _)| *name == folder), "src/{folder} has no place in the architecture");
        let allowed = below(&folder);
        for name in named(&code(&path)) {
            let ours = ARROWS.iter().any(|(known, _)| *known == name);
            if ours && name != folder && !allowed.contains(name.as_str()) {
                wrong.push(format!("{} names crate::{name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether the code names this crate: `library::` or `use library`, not as the end of a longer name or a part of a path.
fn names(code: &str, library: &str) -> bool {
    code.match_indices(library).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + library.len()..]);
        let part = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        !part && (after.starts_with("::") || (before.ends_with("use ") && after.starts_with([';', ' '])))
    })
}

#[test]
fn folders_keep_to_their_libraries() {
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let inside = path.strip_prefix(source()).unwrap().to_string_lossy().replace('\\', "/");
        let code = code(&path);
        for (library, places) in FOREIGN {
            let allowed = places.iter().any(|place| inside == *place || (place.ends_with('/') && inside.starts_with(place)));
            if !allowed && names(&code, library) {
                wrong.push(format!("src/{inside} names {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for folder in ROOTS {
        let files = files(&root().join(folder));
        assert!(!files.is_empty(), "{folder} is empty");
        for path in files {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= LONGEST, "{} has {lines} lines, at most {LONGEST} are allowed: split it by subject", path.display());
        }
    }
}

#[test]
fn names_are_found_wherever_they_stand() {
    let found = named("use crate::{data::{a, b}, graph, train::X};\nlet y = crate::ui::f(); xcrate::nn; use crate::exec;");
    let expected = ["data", "exec", "graph", "train", "ui"];
    assert!(found.iter().map(String::as_str).eq(expected), "{found:?}");
    assert!(below("cli").contains("graph") && !below("train").contains("ui") && below("graph").is_empty());
    assert!(names("use wgpu::Device;", "wgpu") && names("fn f() -> eframe::Result", "eframe") && names("use egui;", "egui"));
    assert!(!names("use egui_plot::Plot; crate::wgpu::f(); let ndarray = 1;", "egui") && !names("crate::wgpu::f()", "wgpu"));
}
