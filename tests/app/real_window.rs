//! The program in a real window on a virtual display, with real key and mouse events: the one test that goes through the window system,
//! the graphics device and the pixels.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The display, its window manager and the program; all end with it.
struct Display {
    folder: PathBuf,
}

impl Display {
    fn script(arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/xvfb-window");
        let output = Command::new(script).args(arguments).output().expect("the script runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn open(size: &str) -> Self {
        let lines = Self::script(&["start", size, "--", env!("CARGO_BIN_EXE_tractable")]);
        Self { folder: lines.lines().last().expect("start prints its folder").into() }
    }

    fn run(&self, action: &str, arguments: &[&str]) {
        let folder = self.folder.to_str().expect("a temporary folder has a plain name");
        Self::script(&[&[action, folder], arguments].concat());
    }

    /// The mean brightness, 0 to 255, of a part of the screen given in fractions.
    fn brightness(&self, [left, top, right, bottom]: [f32; 4]) -> f64 {
        let file = self.folder.join("now.png");
        self.run("shot", &[file.to_str().expect("a plain name")]);
        let image = image::open(&file).expect("a screenshot").to_luma8();
        let at = |fraction: f32, side: u32| ((fraction * side as f32) as u32).min(side - 1);
        let (width, height) = image.dimensions();
        let mut sum = (0.0, 0.0);
        for y in at(top, height)..=at(bottom, height) {
            for x in at(left, width)..=at(right, width) {
                sum = (sum.0 + f64::from(image.get_pixel(x, y)[0]), sum.1 + 1.0);
            }
        }
        sum.0 / sum.1
    }

    /// Waits until a part of the screen is as it should be: frames take their time on a software rasteriser.
    #[track_caller]
    fn wait(&self, what: &str, part: [f32; 4], wanted: impl Fn(f64) -> bool) {
        let start = Instant::now();
        let mut seen = self.brightness(part);
        while !wanted(seen) {
            assert!(start.elapsed() < Duration::from_secs(20), "{what}: the brightness stayed at {seen:.1}");
            std::thread::sleep(Duration::from_millis(200));
            seen = self.brightness(part);
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // A failed test must not leave a display behind; its own failure is the message, so this one is not checked.
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/xvfb-window");
        let _ = Command::new(script).arg("stop").arg(&self.folder).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const RAIL: [f32; 4] = [0.01, 0.85, 0.11, 0.92];
const ALL: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

#[test]
#[ignore = "needs Xvfb, openbox, xdotool and ImageMagick: cargo test --test app -- --ignored --test-threads 1 real_window"]
fn keys_and_clicks_reach_the_picture() {
    let display = Display::open("1280x720");
    display.wait("a dark rail", RAIL, |b| b > 5.0 && b < 60.0);

    display.run("keys", &["t"]);
    display.wait("T makes it light", RAIL, |b| b > 200.0);
    display.run("keys", &["t"]);
    display.wait("T makes it dark again", RAIL, |b| b < 60.0);

    display.run("keys", &["period"]);
    display.wait("a clicker's blank button blanks", ALL, |b| b < 1.0);
    display.run("keys", &["Escape"]);
    display.wait("Esc brings it back and does not end the program", ALL, |b| b > 5.0);

    // The row of "The chain rule" is highlighted once it is clicked.
    let row = [0.10, 0.17, 0.115, 0.187];
    let before = display.brightness(row);
    display.run("click", &["60", "129"]);
    display.wait("a click opens a chapter", row, |b| (b - before).abs() > 5.0);

    // The sheet dims what lies behind it.
    let logo = [0.005, 0.0, 0.1, 0.06];
    let before = display.brightness(logo);
    display.run("keys", &["question"]);
    display.wait("? opens the sheet", logo, |b| b < before * 0.85);
    display.run("keys", &["Escape"]);
    display.wait("Esc closes it", logo, |b| b > before * 0.95);
}

/// Runs a script of the project on the built program; what it printed is the message where it fails.
#[track_caller]
fn script(name: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    let output = Command::new(script).args(arguments).args(["--program", env!("CARGO_BIN_EXE_tractable")]).output();
    let output = output.unwrap_or_else(|error| panic!("scripts/{name} did not start ({error}): is Python installed?"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The long forms are run by hand: `scripts/hour`, `scripts/kill-test 50`; their results are in `docs`.
#[test]
#[ignore = "needs Xvfb, openbox, xdotool, ImageMagick and Python: cargo test --test app -- --ignored --test-threads 1 real_window"]
fn the_window_keeps_up_through_all_chapters() {
    // A test machine may have a moment of other work, and two rounds are compared of which one may have just given memory back: here a runaway
    // is caught, and more memory than chapters need. The bounds of 250 ms and 5 % are the long form's.
    script("hour", &["--minutes", "2", "--longest", "500", "--growth", "40", "--most", "700"]);
}

#[test]
#[ignore = "needs Xvfb, openbox, xdotool, ImageMagick and Python: cargo test --test app -- --ignored --test-threads 1 real_window"]
fn what_is_trained_outlives_a_killed_program() {
    script("kill-test", &["3"]);
}
