//! A formula in words, for a screen reader: no TeX, no braces.

use super::Numbers;
use super::source::braced;

/// Commands that are said otherwise than they are written; the others are said by their names (`\alpha`, `\log`).
const WORDS: [(&str, &str); 29] = [
    ("mid", "given"),
    ("cdot", "times"),
    ("times", "times"),
    ("odot", "times"),
    ("sum", "the sum of"),
    ("prod", "the product of"),
    ("int", "the integral of"),
    ("partial", "d"),
    ("sqrt", "the root of"),
    ("le", "at most"),
    ("leq", "at most"),
    ("ge", "at least"),
    ("geq", "at least"),
    ("lt", "less than"),
    ("gt", "more than"),
    ("approx", "about"),
    ("to", "to"),
    ("ell", "l"),
    ("in", "in"),
    ("sim", "is drawn from"),
    ("ldots", "and so on"),
    ("cdots", "and so on"),
    ("dots", "and so on"),
    ("infty", "infinity"),
    ("quad", ","),
    ("lvert", "the size of"),
    ("rvert", ""),
    ("log", "log"),
    ("pm", "plus or minus"),
];
/// Commands that only shape what follows.
const SILENT: [&str; 27] = [
    "left",
    "right",
    "big",
    "Big",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "mathrm",
    "mathbf",
    "mathcal",
    "mathbb",
    "text",
    "textbf",
    "operatorname",
    "displaystyle",
    "textstyle",
    "limits",
    "nolimits",
    "begin",
    "end",
    "mathit",
    "boldsymbol",
    "hat",
    "tilde",
    "bar",
    "underbrace",
];

/// Says a formula; numbers are said as they are now.
pub(super) fn say(tex: &str, numbers: &Numbers<'_>) -> String {
    let mut words = Vec::new();
    speak(tex, numbers, &mut words);
    let mut text = String::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let glued = text.is_empty() || text.ends_with('(') || [")", ",", "("].contains(&word.as_str());
        if !glued {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

fn speak(tex: &str, numbers: &Numbers<'_>, words: &mut Vec<String>) {
    let mut rest = tex;
    let mut joined = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if let Some(command) = rest.strip_prefix('\\') {
            rest = speak_command(command, numbers, words);
            joined = false;
            continue;
        }
        rest = after;
        let word = match c {
            '^' => "to the power",
            '_' => "sub",
            '=' => "equals",
            '+' => "plus",
            '-' => "minus",
            '<' => "before",
            '>' => "after",
            '/' => "over",
            '|' => "bar",
            '*' => "convolved with",
            '{' | '}' | '&' | '~' | '[' | ']' => {
                joined = false;
                continue;
            }
            c if c.is_whitespace() => {
                joined = false;
                continue;
            }
            // The digits of a number belong together.
            c if c.is_ascii_digit() || c == '.' => {
                match words.last_mut().filter(|_| joined) {
                    Some(number) => number.push(c),
                    None => words.push(c.into()),
                }
                joined = true;
                continue;
            }
            c => {
                words.push(c.into());
                joined = false;
                continue;
            }
        };
        joined = false;
        words.push(word.into());
    }
}

/// Says the command at the beginning, without its backslash, and gives what is left to say.
fn speak_command<'a>(command: &'a str, numbers: &Numbers<'_>, words: &mut Vec<String>) -> &'a str {
    let end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
    if end == 0 {
        // `\\` is a new line, `\,` and the like are spaces.
        let mut chars = command.chars();
        if chars.next() == Some('\\') {
            words.push(",".into());
        }
        return chars.as_str();
    }
    let (name, after) = command.split_at(end);
    let part = |tex: &'a str| braced(tex, name).unwrap_or(("", tex));
    match name {
        "live" => {
            let (number, after) = part(after);
            words.push(numbers(number).map_or_else(|| "not known yet".into(), |(text, _)| text));
            after
        }
        "term" => {
            let (_, after) = part(after);
            let (inner, after) = part(after);
            speak(inner, numbers, words);
            after
        }
        "frac" | "tfrac" | "dfrac" => {
            let (top, after) = part(after);
            let (bottom, after) = part(after);
            speak(top, numbers, words);
            words.push("over".into());
            speak(bottom, numbers, words);
            after
        }
        "text" | "mathrm" | "operatorname" | "textbf" => {
            let (text, after) = part(after);
            words.extend(text.split_whitespace().map(str::to_owned));
            after
        }
        "begin" | "end" | "textcolor" | "color" | "phantom" | "kern" => part(after).1,
        _ if SILENT.contains(&name) => after,
        _ => {
            let word = WORDS.iter().find(|(command, _)| *command == name).map_or(name, |(_, word)| word);
            words.push(word.into());
            after
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str) -> Option<(String, egui::Color32)> {
        (name == "p").then(|| ("0.41".into(), egui::Color32::RED))
    }

    #[test]
    fn a_formula_is_said_without_tex() {
        let tex = r"p(x_{87} \mid x_{<87}) = \frac{e^{\ell_3}}{\sum_j e^{\ell_j}} = \live{p}";
        assert_eq!(
            say(tex, &numbers),
            "p( x sub 87 given x sub before 87) equals e to the power l sub 3 over the sum of sub j e to the power l sub j equals 0.41"
                .replace("p( x", "p(x")
        );
        assert_eq!(say(r"\live{q}", &numbers), "not known yet");
    }

    #[test]
    fn nothing_of_tex_is_left() {
        let tex = r"\begin{aligned} \log p(x) &= \term{p}{\mathcal{N}(z; 0, I)} \\ &+ \left|\det J\right| \end{aligned}";
        let said = say(tex, &numbers);
        assert!(!said.contains(['\\', '{', '}', '&']), "{said}");
    }
}
