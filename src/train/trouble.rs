//! What goes wrong behind a chapter, and how its work goes on: the pieces that every job of several small models shares.

use super::TrainError;
use super::error::device_lost;
use crate::exec::{BackendChoice, ExecError, Session, open_session};

/// A session that breaks when a test says so.
#[cfg(test)]
pub(crate) mod breakable;

/// Makes sessions: one for each model.
pub type MakeSession = Box<dyn FnMut() -> Result<Box<dyn Session>, ExecError> + Send>;

/// What stands in the way, as the banner of a chapter says it and as its buttons need it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trouble {
    /// The sentence of what failed last.
    pub error: Option<String>,
    /// The learning rate at which training broke, if that is what failed: the last sound weights are back, and half of it may do.
    pub broke_at: Option<f64>,
    /// That the graphics device was lost and where the work goes on, until somebody has read it.
    pub lost: Option<String>,
    /// How often something has failed: whoever hears of a failure twice sees that it is the same one.
    pub failures: u64,
}

impl Trouble {
    /// What the banner says.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        self.error.clone().or_else(|| self.lost.clone())
    }

    /// Keeps the sentence of what failed, and the rate at which a model broke if it is known which one.
    pub(super) fn fail(&mut self, error: &TrainError, rate: Option<f64>) {
        self.error = Some(error.to_string());
        let broke = matches!(error, TrainError::Diverged { .. } | TrainError::Exploded { .. });
        self.broke_at = rate.filter(|rate| broke && rate.is_finite());
        self.failures += 1;
    }

    /// What failed is over; that a device was lost stays until it is read.
    pub(super) fn settle(&mut self) {
        (self.error, self.broke_at) = (None, None);
    }
}

/// Opens the sessions of a job: of its own choice, and on the processor once a device was lost.
pub struct Sessions {
    make: MakeSession,
    threads: usize,
}

impl Sessions {
    /// On this backend, with so many threads where it is the processor.
    #[must_use]
    pub fn on(choice: BackendChoice, threads: usize) -> Sessions {
        Sessions { make: Box::new(move || open_session(choice, threads)), threads }
    }

    /// Made by this; on the processor with so many threads later.
    #[must_use]
    pub fn by(make: MakeSession, threads: usize) -> Sessions {
        Sessions { make, threads }
    }

    /// A new session.
    ///
    /// # Errors
    /// No GPU where one was asked for.
    pub(super) fn open(&mut self) -> Result<Box<dyn Session>, TrainError> {
        Ok((self.make)()?)
    }
}

/// A job that outlives its graphics device.
pub(super) trait Survivor {
    /// Where its sessions come from, and what it says of its troubles.
    fn parts(&mut self) -> (&mut Sessions, &mut Trouble);

    /// Opens every model anew, each with its last sound weights; gives the sentence's part of where that is: `the fit goes on from step 5`.
    ///
    /// # Errors
    /// A model that does not fit the new session.
    fn reopen(&mut self) -> Result<String, TrainError>;

    /// Does this. If the graphics device is lost meanwhile, everything moves to the processor, and it is done once more there.
    ///
    /// # Errors
    /// What else went wrong.
    fn surely(&mut self, mut work: impl FnMut(&mut Self) -> Result<(), TrainError>) -> Result<(), TrainError> {
        match work(self) {
            Err(TrainError::Exec(ExecError::GpuLost { reason })) => {
                let (sessions, _) = self.parts();
                // From now on: a device that was lost once is not trusted again.
                *sessions = Sessions::on(BackendChoice::Cpu, sessions.threads);
                let goes_on = self.reopen()?;
                self.parts().1.lost = Some(device_lost(&reason, &goes_on));
                work(self)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::CpuSession;

    struct Counting {
        sessions: Sessions,
        trouble: Trouble,
        reopened: usize,
        done: usize,
    }

    impl Survivor for Counting {
        fn parts(&mut self) -> (&mut Sessions, &mut Trouble) {
            (&mut self.sessions, &mut self.trouble)
        }
        fn reopen(&mut self) -> Result<String, TrainError> {
            self.reopened += 1;
            assert_eq!(self.sessions.open()?.backend().backend, "cpu");
            Ok("the fit goes on from step 5".into())
        }
    }

    #[test]
    fn work_is_done_once_more_after_a_loss_and_other_errors_are_told() {
        let make: MakeSession = Box::new(|| Ok(Box::new(CpuSession::new(1)) as _));
        let mut job = Counting { sessions: Sessions::by(make, 1), trouble: Trouble::default(), reopened: 0, done: 0 };
        job.surely(|job| {
            job.done += 1;
            if job.done == 1 { Err(ExecError::GpuLost { reason: "the cable was pulled".into() }.into()) } else { Ok(()) }
        })
        .unwrap();
        assert_eq!((job.reopened, job.done), (1, 2));
        let sentence = job.trouble.sentence().unwrap();
        assert!(sentence.contains("the cable was pulled") && sentence.contains("goes on from step 5, on the processor"), "{sentence}");
        let other = job.surely(|_| Err(TrainError::NoData { what: "point" })).unwrap_err();
        assert!(matches!(other, TrainError::NoData { .. }) && job.reopened == 1);
        let broken = TrainError::Diverged { step: 9, node: "x".into(), kept: 5 };
        job.trouble.fail(&broken, Some(f64::NAN));
        assert_eq!(job.trouble.broke_at, None, "no button halves a rate that is no number");
        job.trouble.fail(&broken, Some(0.02));
        assert_eq!((job.trouble.broke_at, job.trouble.failures), (Some(0.02), 2));
        assert!(job.trouble.sentence().unwrap().contains("step 9"), "what broke is said first");
        job.trouble.settle();
        assert_eq!(job.trouble.sentence(), Some(sentence), "the loss is still to be read");
    }
}
