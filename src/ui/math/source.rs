//! Live numbers and marked terms inside TeX: `\live{name}` becomes the number, `\term{name}{...}` keeps what it marks.
//!
//! Each one is wrapped in a colour that no theme uses and that survives the layout on every glyph; so the glyphs of one number can be found again,
//! coloured, and hovered.

use std::collections::HashMap;

use egui::Color32;

use super::Numbers;

/// Most marks in one formula: the sentinel colour has one byte for them.
const MOST: usize = 255;

/// TeX that the parser understands, with the names behind its sentinel colours.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Source {
    /// Plain TeX.
    pub(super) tex: String,
    /// The name of each mark, and its colour if the number is known.
    pub(super) marks: Vec<(String, Option<Color32>)>,
}

/// The widest that each number was so far, in em: a number that gets shorter keeps its room, so that nothing moves.
pub(super) type Widths = HashMap<String, f32>;

/// Replaces every `\live` and `\term`.
///
/// # Errors
/// A sentence about a brace that is missing.
pub(super) fn expand(tex: &str, numbers: &Numbers<'_>, widths: &mut Widths) -> Result<Source, String> {
    let mut source = Source::default();
    expand_into(tex, numbers, widths, &mut source)?;
    Ok(source)
}

fn expand_into(tex: &str, numbers: &Numbers<'_>, widths: &mut Widths, out: &mut Source) -> Result<(), String> {
    let mut rest = tex;
    while let Some((at, command)) = next_mark(rest) {
        out.tex.push_str(&rest[..at]);
        let (name, after) = braced(&rest[at + command.len()..], command)?;
        let number = numbers(name);
        if out.marks.len() == MOST {
            return Err(format!("More than {MOST} numbers in one formula: split it."));
        }
        out.marks.push((name.to_owned(), number.as_ref().map(|(_, color)| *color)));
        out.tex.push_str(&format!(r"{{\textcolor{{#0100{:02x}}}{{", out.marks.len()));
        rest = if command == r"\live" {
            let text = number.map_or_else(|| "…".to_owned(), |(text, _)| text);
            let width = width(&text);
            let widest = widths.entry(name.to_owned()).or_default();
            *widest = widest.max(width);
            out.tex.push_str(&format!(r"\kern{:.3}em ", *widest - width));
            out.tex.push_str(&number_tex(&text));
            after
        } else {
            let (inner, after) = braced(after, command)?;
            expand_into(inner, numbers, widths, out)?;
            after
        };
        out.tex.push_str("}}");
    }
    out.tex.push_str(rest);
    Ok(())
}

/// The first `\live{` or `\term{` and where it begins.
fn next_mark(tex: &str) -> Option<(usize, &'static str)> {
    let found = |command: &'static str| tex.find(&format!("{command}{{")).map(|at| (at, command));
    [found(r"\live"), found(r"\term")].into_iter().flatten().min()
}

/// The inside of `{...}` at the beginning, and what follows it.
pub(super) fn braced<'a>(tex: &'a str, command: &str) -> Result<(&'a str, &'a str), String> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (i, c) in tex.char_indices() {
        match c {
            _ if escaped => {}
            '{' => depth += 1,
            '}' if depth == 1 => return Ok((&tex[1..i], &tex[i + 1..])),
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => break,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    Err(format!("After {command} a part in braces is expected: {{...}}."))
}

/// A number's text as TeX: true minus signs, powers of ten written out, words upright.
fn number_tex(text: &str) -> String {
    let mut tex = String::new();
    let mut previous = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            'e' if previous.is_ascii_digit() && chars.peek().is_some_and(|next| *next == '-' || next.is_ascii_digit()) => {
                tex.push_str(r"{\cdot}10^{");
                tex.extend(chars.by_ref());
                tex.push('}');
            }
            '-' | '−' => tex.push_str("{-}"),
            '+' => tex.push_str("{+}"),
            ',' => tex.push_str("{,}"),
            '∞' => tex.push_str(r"\infty "),
            '…' => tex.push_str(r"\ldots "),
            ' ' => tex.push_str(r"\ "),
            c if c.is_ascii_digit() || ".()".contains(c) => tex.push(c),
            c if c.is_alphabetic() => tex.push_str(&format!(r"\text{{{c}}}")),
            _ => tex.push('?'),
        }
        previous = c;
    }
    tex
}

/// Width of a number in the upright face, em.
fn width(text: &str) -> f32 {
    text.chars()
        .map(|c| match c {
            '.' | ',' | ' ' => 0.278,
            '-' | '−' | '+' => 0.778,
            '∞' => 1.0,
            '(' | ')' => 0.389,
            _ => 0.5,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(name: &str) -> Option<(String, Color32)> {
        match name {
            "p" => Some(("-0.59".into(), Color32::RED)),
            "q" => Some(("2.1e-5".into(), Color32::GREEN)),
            _ => None,
        }
    }

    #[test]
    fn a_number_and_a_term_keep_their_names_and_colours() {
        let source = expand(r"\term{p}{a_{1}} = \live{p} + \live{q}", &two, &mut Widths::new()).unwrap();
        let names: Vec<&str> = source.marks.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["p", "p", "q"]);
        assert_eq!(source.marks[2].1, Some(Color32::GREEN));
        assert!(source.tex.starts_with(r"{\textcolor{#010001}{a_{1}}} = {\textcolor{#010002}{\kern0.000em {-}0.59}}"), "{}", source.tex);
        assert!(source.tex.contains(r"2.1{\cdot}10^{-5}"), "{}", source.tex);
    }

    #[test]
    fn a_shorter_number_keeps_the_room_of_the_longest() {
        let mut widths = Widths::new();
        let long = |_: &str| Some(("-12.5".to_owned(), Color32::RED));
        let short = |_: &str| Some(("1.5".to_owned(), Color32::RED));
        expand(r"\live{x}", &long, &mut widths).unwrap();
        let source = expand(r"\live{x}", &short, &mut widths).unwrap();
        // A minus sign of 0.778 em and a digit of 0.5 em are missing.
        assert!(source.tex.contains(r"\kern1.278em"), "{}", source.tex);
    }

    #[test]
    fn a_missing_brace_is_a_sentence() {
        assert!(expand(r"\live{p", &two, &mut Widths::new()).unwrap_err().contains("in braces"));
        assert!(expand(r"\term{p}x", &two, &mut Widths::new()).unwrap_err().contains("in braces"));
        assert_eq!(expand(r"\live{unknown}", &two, &mut Widths::new()).unwrap().marks[0].1, None);
    }
}
