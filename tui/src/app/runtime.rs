use std::io::{self, IsTerminal};
use std::time::Duration;

use anyhow::Context;
use crossterm::event::{Event as TerminalEvent, EventStream};
use futures::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::DefaultTerminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::action::Action;
use super::event::Event;
use super::executor::{Executor, copy};
use super::state::{Size, State};
use super::update::update;
use super::view::{Look, draw};
use crate::cli::Range;
use crate::client::Client;

/// Ages count in seconds; four looks a second keep them from stumbling.
const TICK: Duration = Duration::from_millis(250);
/// Answers that wait to be taken in; those who bring more wait with them.
const ANSWERS: usize = 16;

/// What the terminal UI needs to know.
#[derive(Clone, Debug)]
pub struct TuiSettings {
    /// URL of the collector.
    pub collector: String,
    /// Which orders to list.
    pub range: Range,
    /// Colours.
    pub theme: crate::theme::Theme,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
}

/// Runs the terminal UI until the person quits. Starts a Tokio runtime of its own: call it
/// outside of any. The terminal is restored even after an error or a panic.
///
/// # Errors
/// When the URL is none, or the terminal cannot be drawn on or read.
pub fn run_tui(settings: TuiSettings) -> anyhow::Result<()> {
    let client = Client::new(&settings.collector)?;
    anyhow::ensure!(io::stdout().is_terminal(), "this needs a terminal; `ordertrace orders` does without");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut terminal = ratatui::try_init().context("cannot set up the terminal")?;
    let result = runtime.block_on(run(&mut terminal, client, settings));
    ratatui::try_restore().context("cannot restore the terminal; type `reset`")?;
    // A question under way must not hold up the end.
    runtime.shutdown_background();
    result
}

async fn run(terminal: &mut DefaultTerminal, client: Client, settings: TuiSettings) -> anyhow::Result<()> {
    let TuiSettings { collector: _, range, theme, ascii } = settings;
    let look = Look { theme, ascii };
    let (sender, mut answers) = mpsc::channel(ANSWERS);
    let size = terminal.size().context("cannot read the terminal's size")?;
    let size = Size { columns: size.width, rows: size.height };
    let mut state = State::new(client.url(), range, TimeZone::system(), Timestamp::now(), size);
    state.who = who();
    let executor = Executor::new(client, sender);
    let mut keys = EventStream::new();
    // Whoever ends us gets the terminal back as it was.
    let mut terminated = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut hung_up = signal(SignalKind::hangup()).context("cannot watch for SIGHUP")?;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        terminal.draw(|frame| draw(frame, &state, look)).context("cannot draw")?;
        let event = tokio::select! {
            key = keys.next() => match key {
                Some(key) => terminal_event(&key.context("cannot read the terminal")?),
                None => return Ok(()),
            },
            answer = answers.recv() => answer,
            _ = ticks.tick() => None,
            _ = terminated.recv() => return Ok(()),
            _ = hung_up.recv() => return Ok(()),
        };
        let mut events = vec![Event::Tick(Timestamp::now())];
        events.extend(event);
        // What came meanwhile is taken in before the next drawing.
        events.extend(std::iter::from_fn(|| answers.try_recv().ok()));
        for action in events.into_iter().flat_map(|event| update(&mut state, event)) {
            match action {
                Action::Quit => return Ok(()),
                Action::Copy(text) => copy(&mut io::stdout(), &text).context("cannot write to the terminal")?,
                question => executor.ask(question),
            }
        }
    }
}

/// Who looks, for what others see.
fn who() -> String {
    let said = ["USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    said.map(|who| who.trim().to_owned()).find(|who| !who.is_empty()).unwrap_or_else(|| "somebody".to_owned())
}

fn terminal_event(event: &TerminalEvent) -> Option<Event> {
    match event {
        TerminalEvent::Key(key) => Some(Event::Key(*key)),
        TerminalEvent::Resize(columns, rows) => Some(Event::Resize { columns: *columns, rows: *rows }),
        TerminalEvent::FocusGained | TerminalEvent::FocusLost | TerminalEvent::Mouse(_) | TerminalEvent::Paste(_) => {
            None
        }
    }
}
