//! One connection through a link.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::State;
use crate::plan::Trouble;

/// How late everything is on a delayed link.
const DELAY: Duration = Duration::from_millis(250);

/// Bytes a second, in each direction, of a slow link.
const SLOW_BYTES_PER_S: f64 = 60_000.0;

/// Most bytes passed on at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// The connection is to be reset.
struct Reset;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Answers,
}

/// Passes bytes on until both sides have closed, or it is reset.
pub(super) async fn serve(mut client: TcpStream, state: watch::Receiver<State>, number: u64) {
    let State { target, trouble, epoch } = *state.borrow();
    let upstream = if trouble == Some(Trouble::Cut) { None } else { TcpStream::connect(target).await.ok() };
    let Some(mut upstream) = upstream else {
        reset(&client);
        return;
    };
    // Of connections that are half closed, every other one loses its requests.
    let closes = if number.is_multiple_of(2) { Direction::Answers } else { Direction::Requests };
    let (from_client, to_client) = client.split();
    let (from_upstream, to_upstream) = upstream.split();
    let flow = |direction| Flow { direction, closes: closes == direction, epoch, state: state.clone(), lost: false };
    let both = futures::future::try_join(
        flow(Direction::Requests).run(from_client, to_upstream),
        flow(Direction::Answers).run(from_upstream, to_client),
    );
    if both.await.is_err() {
        reset(&client);
        reset(&upstream);
    }
}

/// The other side learns of the end at once, and of nothing that was still under way.
fn reset(stream: &TcpStream) {
    // On failure it is closed in order, which is an end as well.
    let _ = stream.set_zero_linger();
}

/// One direction of a connection.
struct Flow {
    direction: Direction,
    /// Whether it is this one that a half-closed link closes.
    closes: bool,
    epoch: u32,
    state: watch::Receiver<State>,
    /// Bytes were left out: what comes after them must not be passed on.
    lost: bool,
}

impl Flow {
    async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), Reset> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let state = *self.state.borrow_and_update();
            if state.epoch != self.epoch || state.trouble == Some(Trouble::Cut) {
                return Err(Reset);
            }
            if self.lost && state.trouble.is_none() {
                return Err(Reset);
            }
            if state.trouble == Some(Trouble::HalfClosed) && self.closes && !self.lost {
                self.lost = true;
                to.shutdown().await.map_err(|_| Reset)?;
            }
            let read = tokio::select! {
                changed = self.state.changed() => {
                    changed.map_err(|_| Reset)?;
                    continue;
                }
                read = from.read(&mut chunk) => read.map_err(|_| Reset)?,
            };
            match state.trouble {
                Some(Trouble::Mute) if self.direction == Direction::Answers => self.lost = true,
                Some(Trouble::Delay) => tokio::time::sleep(DELAY).await,
                Some(Trouble::Slow) => {
                    tokio::time::sleep(Duration::from_secs_f64(read as f64 / SLOW_BYTES_PER_S)).await;
                }
                _ => {}
            }
            if self.lost {
                if read == 0 {
                    return Ok(());
                }
                continue;
            }
            if read == 0 {
                return to.shutdown().await.map_err(|_| Reset);
            }
            let bytes = chunk.get(..read).unwrap_or_default();
            let epoch = self.epoch;
            tokio::select! {
                biased;
                written = to.write_all(bytes) => written.map_err(|_| Reset)?,
                _ = self.state.wait_for(|state| state.epoch != epoch || state.trouble == Some(Trouble::Cut)) => return Err(Reset),
            }
        }
    }
}
