use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{Once, OnceError, Others, Standing};

/// Batches that may wait for the next look; those beyond wait for room.
const WAITING: usize = 256;

/// A look that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

type Reply = oneshot::Sender<Result<Standing, String>>;

/// Asks ClickHouse where batches stand, one question after the other for all that
/// wait: after a fault many are sent again at the same moment.
#[derive(Clone)]
pub(in crate::storage) struct Looks(mpsc::Sender<(u128, Reply)>);

impl Looks {
    /// Starts the task that asks; it ends with the last clone of this.
    pub(in crate::storage) fn start(once: Once) -> Self {
        let (asks, asked) = mpsc::channel(WAITING);
        tokio::spawn(answer(asked, async move |batches| once.find(&batches).await));
        Self(asks)
    }

    /// Where a batch stands.
    ///
    /// # Errors
    /// Why ClickHouse does not tell.
    pub(in crate::storage) async fn standing(&self, batch: u128) -> Result<Standing, String> {
        let (reply, answer) = oneshot::channel();
        let stopping = || "the collector is stopping".to_owned();
        self.0.send((batch, reply)).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

async fn answer(mut asked: mpsc::Receiver<(u128, Reply)>, look: impl AsyncFn(Vec<u128>) -> Result<Others, OnceError>) {
    let mut waiting = Vec::new();
    while asked.recv_many(&mut waiting, WAITING).await > 0 {
        let batches = waiting.iter().map(|(batch, _)| *batch).collect();
        let timed_out = OnceError::TimedOut { seconds: TIMEOUT.as_secs() };
        let found = timeout(TIMEOUT, look(batches)).await.unwrap_or(Err(timed_out)).map_err(|error| error.to_string());
        for (batch, reply) in waiting.drain(..) {
            // Whoever has gone away needs no answer.
            let _ = reply.send(found.as_ref().map(|found| found.standing(batch)).map_err(Clone::clone));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn those_that_wait_are_asked_for_together() {
        let (asks, asked) = mpsc::channel(WAITING);
        let looks = Looks(asks);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let answering = tokio::spawn(answer(asked, async move |batches: Vec<u128>| {
            counted.fetch_add(1, Ordering::Relaxed);
            let stored = batches.into_iter().filter(|batch| batch % 2 == 0).collect();
            Ok(Others { stored, ..Others::default() })
        }));
        let answers = join_all((0..200).map(|batch| looks.standing(batch))).await;
        for (batch, standing) in answers.into_iter().enumerate() {
            assert_eq!(standing, Ok(if batch % 2 == 0 { Standing::Stored } else { Standing::Free }));
        }
        let looks_taken = count.load(Ordering::Relaxed);
        assert!((1..10).contains(&looks_taken), "{looks_taken} looks for 200 batches");
        drop(looks);
        answering.await.unwrap();
    }

    #[tokio::test]
    async fn an_error_is_told_to_all() {
        let (asks, asked) = mpsc::channel(WAITING);
        let looks = Looks(asks);
        tokio::spawn(answer(asked, async |_| Err(OnceError::NoNode)));
        for answer in join_all((0..3).map(|batch| looks.standing(batch))).await {
            assert_eq!(answer, Err(OnceError::NoNode.to_string()));
        }
    }
}
