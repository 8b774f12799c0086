//! What drawing costs: the window thread's own CPU time per frame, and the longest gap between frames.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Frames that are remembered: half a minute at 15 a second, eight seconds at 60.
const KEPT: usize = 480;

/// Frames after the start or after opening a chapter that are not counted: they fill the glyph atlas and build pipelines.
const WARM_UP: usize = 4;

/// A ring of measurements.
#[derive(Debug, Default)]
pub struct FrameTimes {
    cpu: VecDeque<Duration>,
    gaps: VecDeque<Duration>,
    last: Option<(Instant, Option<Duration>)>,
    animating: bool,
    seen: usize,
}

/// The figures of the last frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameFigures {
    /// Frames that the figures cover.
    pub frames: usize,
    /// The thread's own CPU time a frame: the median.
    pub median: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The longest time between two frames while something moved.
    pub longest_gap: Duration,
}

impl FrameTimes {
    /// Notes the start of a frame. `animating` says whether the last frame asked for this one: only then is the time between them a gap.
    ///
    /// The CPU time runs from start to start, so it contains layout, tessellation, upload and submit, and no waiting.
    pub fn frame(&mut self, animating: bool) {
        let now = (Instant::now(), thread_cpu_time());
        self.seen += 1;
        if let Some((then, cpu_then)) = self.last.filter(|_| self.seen > WARM_UP) {
            if let (Some(a), Some(b)) = (cpu_then, now.1) {
                push(&mut self.cpu, b.saturating_sub(a));
            }
            if self.animating && animating {
                push(&mut self.gaps, now.0 - then);
            }
        }
        self.animating = animating;
        self.last = Some(now);
    }

    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> FrameFigures {
        let mut sorted: Vec<Duration> = self.cpu.iter().copied().collect();
        sorted.sort_unstable();
        let at = |fraction: f64| {
            let index = ((sorted.len() as f64 * fraction).ceil() as usize).saturating_sub(1);
            sorted.get(index).copied().unwrap_or_default()
        };
        FrameFigures {
            frames: sorted.len(),
            median: at(0.5),
            p99: at(0.99),
            longest_gap: self.gaps.iter().copied().max().unwrap_or_default(),
        }
    }

    /// Forgets what was measured (after opening a chapter, say).
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

fn push(ring: &mut VecDeque<Duration>, value: Duration) {
    if ring.len() == KEPT {
        ring.pop_front();
    }
    ring.push_back(value);
}

/// The calling thread's time on a CPU, from the scheduler's own account; `None` where the system has none.
#[must_use]
pub fn thread_cpu_time() -> Option<Duration> {
    // The first number is nanoseconds on the CPU. clock_gettime would need unsafe code.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The memory that this process holds, in bytes; `None` where the system does not say.
#[must_use]
pub fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_known_ring() {
        let mut times = FrameTimes::default();
        for ms in 1..=100 {
            push(&mut times.cpu, Duration::from_millis(ms));
        }
        let figures = times.figures();
        assert_eq!((figures.frames, figures.median, figures.p99), (100, Duration::from_millis(50), Duration::from_millis(99)));
        for _ in 0..1000 {
            push(&mut times.cpu, Duration::from_millis(1));
        }
        assert_eq!(times.figures().frames, KEPT);
    }

    #[test]
    fn sleeping_costs_no_cpu_time_and_working_does() {
        let Some(start) = thread_cpu_time() else { return };
        std::thread::sleep(Duration::from_millis(30));
        let slept = thread_cpu_time().unwrap() - start;
        assert!(slept < Duration::from_millis(20), "slept {slept:?}");
        let until = Instant::now() + Duration::from_millis(400);
        let mut x = 0u64;
        while Instant::now() < until {
            x = std::hint::black_box(x.wrapping_mul(3) + 1);
        }
        // The scheduler's account moves in ticks, and other threads may have had the core for most of the time.
        assert!(thread_cpu_time().unwrap() > start + slept);
    }
}
