use std::ops::Range;

use pulp::Arch;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The processor that kernels run on: its vector instructions and the threads that one kernel may be split over.
///
/// A split is static (rows or fixed chunks) and joins once, so results do not depend on the number of threads.
#[derive(Debug)]
pub struct Workers {
    arch: Arch,
    pool: Option<ThreadPool>,
    threads: usize,
}

/// Elements below which a second thread costs more than it saves: about 0.1 ms of work, against a wake-up of some 10 us (more on a busy
/// machine).
const WORTH: usize = 400_000;
/// Multiply-adds of a product that cost about as much as one element of memory.
const PRODUCT: usize = 10;

impl Workers {
    /// `threads` in all, the calling one included; 1 starts none. Falls back to one thread where the system gives no more.
    pub fn new(threads: usize) -> Workers {
        let extra = threads.max(1) - 1;
        let pool = (extra > 0).then(|| ThreadPoolBuilder::new().num_threads(extra).build().ok()).flatten();
        let threads = if pool.is_some() { extra + 1 } else { 1 };
        Workers { arch: Arch::new(), pool, threads }
    }

    /// Threads in all.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Name of the vector instructions, for people.
    pub fn instructions(&self) -> String {
        let token = format!("{:?}", self.arch);
        match token.split('(').next() {
            Some("V4") => "AVX-512".into(),
            Some("V3") => "AVX2 with FMA".into(),
            Some(name) => name.to_uppercase(),
            None => token,
        }
    }

    #[inline]
    pub(crate) fn arch(&self) -> Arch {
        self.arch
    }

    /// Into how many parts a product of so many multiply-adds is split.
    #[inline]
    pub(crate) fn product_parts(&self, cost: usize) -> usize {
        self.parts(cost / PRODUCT)
    }

    /// Into how many parts work on so many elements is split.
    #[inline]
    pub(crate) fn parts(&self, cost: usize) -> usize {
        if self.threads == 1 || cost < WORTH { 1 } else { self.threads }
    }

    /// Runs one job a thread and waits for all; the last runs here.
    pub(crate) fn each<I: Send>(&self, mut jobs: impl ExactSizeIterator<Item = I>, run: impl Fn(I) + Sync) {
        match &self.pool {
            Some(pool) if jobs.len() > 1 => pool.in_place_scope(|scope| {
                let run = &run;
                while jobs.len() > 1 {
                    if let Some(job) = jobs.next() {
                        scope.spawn(move |_| run(job));
                    }
                }
                jobs.for_each(run);
            }),
            _ => jobs.for_each(run),
        }
    }

    /// Cuts `out` into rows of `width` and gives each thread a contiguous share with the range of its rows.
    pub(crate) fn rows<T: Send>(&self, parts: usize, out: &mut [T], width: usize, run: impl Fn(Range<usize>, &mut [T]) + Sync) {
        let rows = out.len() / width;
        if parts <= 1 || rows < 2 {
            return run(0..rows, out);
        }
        let share = rows.div_ceil(parts);
        let jobs = out.chunks_mut(share * width).enumerate();
        self.each(jobs, |(index, out)| run(index * share..(index * share + out.len() / width), out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_given_once() {
        for threads in [1, 2, 3] {
            let workers = Workers::new(threads);
            let mut out = vec![0; 7 * 3];
            workers.rows(threads, &mut out, 3, |rows, out| {
                for (row, values) in rows.zip(out.chunks_mut(3)) {
                    values.fill(row + 1);
                }
            });
            let want: Vec<usize> = (0..21).map(|i| i / 3 + 1).collect();
            assert_eq!(out, want);
        }
    }
}
