//! A file with one line of JSON for each frame, for those who measure the window from outside: `TRACTABLE_FRAME_LOG=FILE tractable`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::frame_times::thread_cpu_time;

/// One frame, from its start to the start of the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Line<'a> {
    /// Counted from 1.
    frame: u64,
    /// Seconds from the start of the log to the start of the frame.
    at: f64,
    /// Milliseconds until everything was laid out; painting follows.
    laid_out: f64,
    /// Milliseconds to the start of the next frame.
    whole: f64,
    /// Whether something moves, so that the next frame was asked for: only then is `whole` a gap, else it contains the rest that was meant.
    asked: bool,
    /// Milliseconds of `whole` that the window's thread was on a processor; none where the system does not say.
    cpu: Option<f64>,
    /// Bytes of memory that the process holds, likewise.
    memory: Option<u64>,
    /// The chapter's stable name.
    chapter: &'a str,
    /// What the lab says of itself, such as `training · step 12,400`.
    busy: &'a str,
    /// What is open over it: `sheet`, `palette`, `open`, `save`, `export`, or nothing.
    over: &'a str,
}

/// A frame whose end is not known yet.
#[derive(Clone, Debug)]
struct Begun {
    start: Instant,
    cpu: Option<f64>,
    laid_out: f64,
    asked: bool,
    chapter: &'static str,
    busy: String,
    over: &'static str,
}

/// The log. Each line is handed to the system at once, so that it outlives a program that is killed.
#[derive(Debug)]
pub struct FrameLog {
    file: File,
    began: Instant,
    frames: u64,
    frame: Option<Begun>,
}

impl FrameLog {
    /// An empty log; an older file of this name is lost.
    ///
    /// # Errors
    /// A sentence where the file cannot be made.
    pub fn create(path: &Path) -> Result<FrameLog, String> {
        let file = File::create(path)
            .map_err(|error| format!("Expected to log frames in {}, but {error}; choose another file.", path.display()))?;
        Ok(FrameLog { file, began: Instant::now(), frames: 0, frame: None })
    }

    /// Notes that a frame starts, and writes the line of the one before.
    pub fn begin(&mut self, chapter: &'static str) {
        let (start, cpu) = (Instant::now(), cpu_now());
        if let Some(last) = self.frame.take() {
            self.frames += 1;
            let line = Line {
                frame: self.frames,
                at: (last.start - self.began).as_secs_f64(),
                laid_out: last.laid_out,
                whole: (start - last.start).as_secs_f64() * 1e3,
                asked: last.asked,
                cpu: cpu.zip(last.cpu).map(|(now, then)| now - then),
                memory: super::frame_times::resident_memory(),
                chapter: last.chapter,
                busy: &last.busy,
                over: last.over,
            };
            if let Ok(mut text) = serde_json::to_vec(&line) {
                text.push(b'\n');
                // A full disk ends the log, not the program.
                let _ = self.file.write_all(&text);
            }
        }
        self.frame = Some(Begun { start, cpu, laid_out: 0.0, asked: false, chapter, busy: String::new(), over: "" });
    }

    /// Notes that the frame is laid out, whether the next one was asked for, what the lab says and what is open over it.
    pub fn laid_out(&mut self, asked: bool, busy: String, over: &'static str) {
        if let Some(frame) = &mut self.frame {
            frame.laid_out = frame.start.elapsed().as_secs_f64() * 1e3;
            (frame.asked, frame.busy, frame.over) = (asked, busy, over);
        }
    }
}

/// The thread's time on a processor, in milliseconds.
fn cpu_now() -> Option<f64> {
    thread_cpu_time().map(|time| time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_lasts_until_the_next_one_starts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.jsonl");
        let mut log = FrameLog::create(&path).unwrap();
        for (pause, asked) in [(30, true), (0, false)] {
            log.begin("flow");
            log.laid_out(asked, "training · step 7".into(), if asked { "" } else { "palette" });
            std::thread::sleep(std::time::Duration::from_millis(pause));
        }
        log.begin("stack");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "the third frame has no end yet");
        let number = |index: usize, name: &str| lines[index][name].as_f64().unwrap();
        assert!(number(0, "whole") >= 30.0 && number(0, "laid_out") <= number(0, "whole"));
        assert!((number(1, "at") - number(0, "at")) * 1e3 - number(0, "whole") < 0.01);
        assert!(lines[0]["asked"] == true && lines[1]["asked"] == false);
        assert!(lines[1]["chapter"] == "flow" && lines[1]["busy"] == "training · step 7" && lines[1]["frame"] == 2);
        assert!(lines[0]["over"] == "" && lines[1]["over"] == "palette");
        assert!(FrameLog::create(&folder.path().join("no/such")).unwrap_err().contains("choose another file"));
    }
}
