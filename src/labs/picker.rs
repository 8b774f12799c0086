//! The system's dialog for a file, on a thread of its own.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use egui::Context;

use super::Shared;

/// Nobody answers a dialog so soon after asking for it: there is none on this system.
const TOO_SOON: Duration = Duration::from_millis(300);
/// What is said then.
pub(super) const NO_DIALOG: &str = "The system shows no file dialog here; type a path, or drop the file on the window.";

/// Whether the dialog that was asked for then and gave nothing has never appeared.
pub(super) fn never_appeared(since: Instant) -> bool {
    since.elapsed() < TOO_SOON
}

/// A dialog that may be open.
#[derive(Default)]
pub(super) struct Picker {
    open: Option<(Receiver<Option<PathBuf>>, Instant)>,
}

impl Picker {
    /// Opens a dialog unless one is open.
    pub(super) fn ask(&mut self, ctx: &Context, dialog: impl FnOnce() -> Option<PathBuf> + Send + 'static) {
        if self.open.is_some() {
            return;
        }
        let (sender, receiver) = channel();
        let ctx = ctx.clone();
        let work = move || {
            // The lab may be gone by now.
            let _ = sender.send(dialog());
            ctx.request_repaint();
        };
        if std::thread::Builder::new().name("file dialog".into()).spawn(work).is_ok() {
            self.open = Some((receiver, Instant::now()));
        }
    }

    /// The file that was chosen, if one was now; says so where no dialog appeared.
    pub(super) fn chosen(&mut self, shared: &mut Shared) -> Option<PathBuf> {
        let (receiver, since) = self.open.as_ref()?;
        let answer = match receiver.try_recv() {
            Err(TryRecvError::Empty) => return None,
            answer => answer.ok().flatten(),
        };
        if answer.is_none() && never_appeared(*since) {
            shared.warn(NO_DIALOG);
        }
        self.open = None;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(picker: &mut Picker, shared: &mut Shared) -> Option<PathBuf> {
        while picker.open.is_some() {
            if let Some(path) = picker.chosen(shared) {
                return Some(path);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    #[test]
    fn a_dialog_that_never_appears_is_told_and_a_cancelled_one_is_not() {
        let (ctx, mut shared, mut picker) = (Context::default(), Shared::default(), Picker::default());
        picker.ask(&ctx, || Some("a.csv".into()));
        assert_eq!(answered(&mut picker, &mut shared), Some("a.csv".into()));
        picker.ask(&ctx, || {
            std::thread::sleep(TOO_SOON);
            None
        });
        assert_eq!((answered(&mut picker, &mut shared), shared.toasts.len()), (None, 0));
        picker.ask(&ctx, || None);
        assert_eq!(answered(&mut picker, &mut shared), None);
        assert_eq!(shared.toasts[0].text, NO_DIALOG);
    }
}
