//! The format of the texts.
//!
//! ````markdown
//! ## What one pixel costs {slide 24}
//!
//! $$-\ln p(x_i \mid x_{<i}) = \live{price}$$
//!
//! The pixel was given level {{level}}; that costs {{price}} nats.
//!
//! ```set
//! { "temperature": 1.0 }
//! ```
//! ```highlight
//! price
//! ```
//! ```pause
//! ```
//! ````
//!
//! Each `## Title {slide 24}` begins a step; the slide may be left out. `## Title {only planar radial}` is a step for these subjects alone, of
//! which the lab says which it shows (the Flow lab: its family, named as on the command line). `$...$` and `$$...$$` are TeX, in which `\live{name}` is a number of the
//! picture and `\term{name}{...}` a part that means the same; `{{name}}` is that number in prose. Three fenced blocks drive the lab when the step
//! is entered: `set` is a patch of the lab's state, `highlight` lights a name as if it were hovered, `pause` lets time stand still.

use std::ops::Range;

use serde_json::Value;

/// A chapter's steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// At least one.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Its heading.
    pub title: String,
    /// The slide of the lecture.
    pub slide: Option<u32>,
    /// The subjects that it is for; for all of them if there are none.
    pub only: Vec<String>,
    /// Markdown, with every live number as TeX.
    pub body: String,
    /// What it changes in the lab.
    pub set: Option<Value>,
    /// What it lights.
    pub highlight: Option<String>,
    /// Whether time stands still.
    pub pause: bool,
}

impl Script {
    /// Reads a text.
    ///
    /// # Errors
    /// A sentence with the line.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut steps: Vec<Step> = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if let Some(heading) = line.strip_prefix("## ") {
                let (title, slide, only) = heading_parts(heading).map_err(|sentence| format!("line {}: {sentence}", number + 1))?;
                steps.push(Step { title, slide, only, ..Step::default() });
                continue;
            }
            // What stands before the first step is for those who edit the file.
            let Some(step) = steps.last_mut() else { continue };
            let Some(kind) = line.strip_prefix("```").map(str::trim).filter(|kind| ["set", "highlight", "pause"].contains(kind)) else {
                step.body.push_str(&with_numbers(line));
                step.body.push('\n');
                continue;
            };
            let mut block = String::new();
            loop {
                match lines.next() {
                    Some((_, line)) if line.trim() == "```" => break,
                    Some((_, line)) => block.extend([line, "\n"]),
                    None => return Err(format!("line {}: the block `{kind}` is not closed with ```.", number + 1)),
                }
            }
            step.take(kind, block.trim()).map_err(|sentence| format!("line {}: {sentence}", number + 1))?;
        }
        for step in &mut steps {
            step.body = tight(step.body.trim());
        }
        if !steps.iter().any(|step| step.only.is_empty()) {
            return Err("a step begins with `## Title`, and there is none for every subject.".into());
        }
        Ok(Script { steps })
    }

    /// The steps for these subjects; at least one.
    #[must_use]
    pub fn steps_for(&self, subjects: &[String]) -> Vec<&Step> {
        let meant = |step: &&Step| step.only.is_empty() || step.only.iter().any(|only| subjects.contains(only));
        self.steps.iter().filter(meant).collect()
    }
}

impl Step {
    fn take(&mut self, kind: &str, block: &str) -> Result<(), String> {
        match kind {
            "set" => {
                let patch: Value = serde_json::from_str(block).map_err(|error| format!("the patch is no JSON: {error}."))?;
                if !patch.is_object() {
                    return Err("the patch must be an object: { ... }.".into());
                }
                self.set = Some(patch);
            }
            "highlight" => self.highlight = Some(block.to_owned()).filter(|name| !name.is_empty()),
            _ => self.pause = true,
        }
        Ok(())
    }

    /// The step's formulas, TeX and whether it stands in a line of text.
    #[must_use]
    pub fn formulas(&self) -> Vec<(&str, bool)> {
        formula_places(&self.body).into_iter().map(|(place, inline)| (&self.body[place], inline)).collect()
    }

    /// The names of all live numbers and terms.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let named = |command: &str| -> Vec<String> {
            let parts = self.body.split(command).skip(1);
            parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
        };
        let mut names = named(r"\live{");
        names.extend(named(r"\term{"));
        names.sort();
        names.dedup();
        names
    }
}

/// `Title {slide 24} {only planar}` as title, slide and subjects.
fn heading_parts(heading: &str) -> Result<(String, Option<u32>, Vec<String>), String> {
    let mut parts = heading.trim().split('{');
    let title = parts.next().unwrap_or_default().trim().to_owned();
    let (mut slide, mut only) = (None, Vec::new());
    for part in parts {
        let wrong = || "a heading ends with {slide 24} or {only NAMES}, or has no braces.".to_owned();
        let inside = part.trim().strip_suffix('}').ok_or_else(wrong)?;
        match inside.trim().split_once(' ') {
            Some(("slide", number)) => slide = Some(number.trim().parse().map_err(|_| wrong())?),
            Some(("only", names)) => only.extend(names.split_whitespace().map(str::to_owned)),
            _ => return Err(wrong()),
        }
    }
    Ok((title, slide, only))
}

/// Where the formulas stand between their marks, and whether each is in a line of text.
fn formula_places(body: &str) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = body[from..].find('$').map(|at| from + at) {
        let (mark, inline) = if body[at..].starts_with("$$") { ("$$", false) } else { ("$", true) };
        let start = at + mark.len();
        let Some(end) = body[start..].find(mark).map(|end| start + end) else { break };
        found.push((start..end, inline));
        from = end + mark.len();
    }
    found
}

/// Without blanks at the ends of formulas in lines of text: Markdown takes `$x $` for words.
fn tight(body: &str) -> String {
    let mut text = String::new();
    let mut from = 0;
    for (place, _) in formula_places(body).into_iter().filter(|(_, inline)| *inline) {
        text.extend([&body[from..place.start], body[place.clone()].trim()]);
        from = place.end;
    }
    text + &body[from..]
}

/// `{{name}}` as TeX.
fn with_numbers(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}").filter(|(name, _)| !name.is_empty() && name.chars().all(is_name)) else {
            text.extend([before, "{{"]);
            rest = after;
            continue;
        };
        text.extend([before, r"$\live{", name, "}$"]);
        rest = tail;
    }
    text.push_str(rest);
    text
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "For editors.\n\n## First {slide 24}\n\n$$p = \\live{p}$$\n\nIt is {{p}} with $\\term{q}{x}$.\n\n```set\n{\"a\": 1}\n```\n\
                        ```highlight\np\n```\n```pause\n```\n\n## Second\nWords.\n";

    #[test]
    fn steps_have_titles_slides_bodies_and_what_they_do() {
        let script = Script::parse(TEXT).unwrap();
        let first = &script.steps[0];
        assert_eq!((first.title.as_str(), first.slide, first.pause), ("First", Some(24), true));
        assert_eq!(first.body, "$$p = \\live{p}$$\n\nIt is $\\live{p}$ with $\\term{q}{x}$.");
        assert_eq!(first.set, Some(serde_json::json!({ "a": 1 })));
        assert_eq!(first.highlight.as_deref(), Some("p"));
        assert_eq!(first.names(), ["p", "q"]);
        assert_eq!(first.formulas(), [(r"p = \live{p}", false), (r"\live{p}", true), (r"\term{q}{x}", true)]);
        assert_eq!(script.steps[1], Step { title: "Second".into(), body: "Words.".into(), ..Step::default() });
    }

    #[test]
    fn blanks_at_the_ends_of_a_formula_do_not_make_it_words() {
        let script = Script::parse("## A\n\nHere $s = $ {{s}} and $ t$.\n\n$$ a $$\n").unwrap();
        assert_eq!(script.steps[0].body, "Here $s =$ $\\live{s}$ and $t$.\n\n$$ a $$");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert!(Script::parse("words").unwrap_err().contains("## Title"));
        assert_eq!(Script::parse("## A\n```set\n{").unwrap_err(), "line 2: the block `set` is not closed with ```.");
        assert!(Script::parse("## A\n\n```set\n{1}\n```").unwrap_err().starts_with("line 3: the patch is no JSON"));
        assert!(Script::parse("## A {slide x}").unwrap_err().contains("{slide 24}"));
        assert!(Script::parse("## A {for b}").unwrap_err().contains("{only NAMES}"));
        assert!(Script::parse("## A {only b}").unwrap_err().contains("every subject"));
    }

    #[test]
    fn a_step_for_some_subjects_is_left_out_for_the_others() {
        let script = Script::parse("## All\n\n## Some {slide 3} {only b c}\n\n## Others {only d}\n").unwrap();
        let titles = |subjects: &[&str]| {
            let subjects: Vec<String> = subjects.iter().map(|&name| name.into()).collect();
            script.steps_for(&subjects).iter().map(|step| step.title.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(titles(&[]), ["All"]);
        assert_eq!(titles(&["c"]), ["All", "Some"]);
        assert_eq!(titles(&["d", "b"]), ["All", "Some", "Others"]);
        assert_eq!(script.steps[1].slide, Some(3));
    }
}
