use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error that says what is done; nothing is drawn where that is no terminal.
pub(super) fn bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what);
    bar.set_style(style("{msg:<28} {bar:32} {human_pos}/{human_len}  {eta} left"));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a fixed template: a test makes every bar")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_valid() {
        super::bar(3, "training").finish_and_clear();
    }
}
