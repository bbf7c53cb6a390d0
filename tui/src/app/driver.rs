//! Plays person, clock and collector to a state.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::AlertsReply;
use ordertrace_api::finding::FindingsPage;
use ordertrace_api::history::History;
use ordertrace_api::hotspot::Hotspots;
use ordertrace_api::journey::Journey;
use ordertrace_api::lines::SkuOrders;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::span::SpansReply;
use ordertrace_api::surface::Surface;
use ordertrace_api::sync::{DriftNow, SyncReply};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;

use super::state::{Size, State};
use super::{Action, Event, Look, NoAnswer, draw, update};
use crate::cli::Range;
use crate::client::{ExplainReply, JourneyReply};
use crate::sample::{self, Shop};
use crate::theme::Theme;

pub(crate) const LOOK: Look = Look { theme: Theme::Dark, ascii: false };

pub(crate) struct Driver {
    pub(crate) state: State,
    /// Questions nobody answered yet.
    pub(crate) asked: Vec<Action>,
    /// Those about findings: asked beside the screen's own.
    pub(crate) asides: Vec<Action>,
    /// Those about alerts.
    pub(crate) alarms: Vec<Action>,
    /// All other actions.
    pub(crate) done: Vec<Action>,
}

impl Driver {
    pub(crate) fn new(columns: u16, rows: u16) -> Self {
        let size = Size { columns, rows };
        let mut state = State::new("http://127.0.0.1:4320", Range::default(), TimeZone::UTC, sample::now(), size);
        state.who = "grace".to_owned();
        Self { state, asked: Vec::new(), asides: Vec::new(), alarms: Vec::new(), done: Vec::new() }
    }

    /// With the sample's orders on the screen.
    pub(crate) fn with_orders(columns: u16, rows: u16) -> Self {
        let mut driver = Self::new(columns, rows);
        driver.tick(0);
        driver.answer_orders(Ok(sample::orders()));
        driver.answer_findings(Ok(sample::no_findings()));
        driver
    }

    /// With the sample's orders on the screen, and findings.
    pub(crate) fn with_alarm(columns: u16, rows: u16) -> Self {
        Self::with_these_findings(columns, rows, sample::findings())
    }

    /// With the sample's findings on the screen.
    pub(crate) fn with_findings(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_alarm(columns, rows);
        driver.press("F");
        driver
    }

    /// With the sample's hotspots on the screen, not compared.
    pub(crate) fn with_hotspots(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.press("H");
        driver.answer_hotspots(Ok(sample::hotspots_alone()));
        driver
    }

    /// With the systems map of a shop on the screen.
    pub(crate) fn with_map(columns: u16, rows: u16, shop: Shop) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.press("m");
        driver.answer_hotspots(Ok(shop.hotspots()));
        driver
    }

    /// With the sample's surface on the screen.
    pub(crate) fn with_surface(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.press("U");
        driver.answer_surface(Ok(sample::surface()));
        driver
    }

    /// With the sample's lags and drifts on the screen.
    pub(crate) fn with_sync(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.press("D");
        driver.answer_sync(Ok(sample::sync()));
        driver
    }

    /// With what each system says of the sample's hat on the screen.
    pub(crate) fn with_sku(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_sync(columns, rows);
        driver.press("⏎");
        driver.answer_history(Ok((sample::history(), sample::sync().drifts)));
        driver.answer_sku_orders(Ok(sample::sku_orders()));
        driver
    }

    /// With the sample's alerts on the screen.
    pub(crate) fn with_alerts(columns: u16, rows: u16) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.answer_alerts(Ok(sample::alerts()));
        driver.press("A");
        driver
    }

    pub(crate) fn with_these_findings(columns: u16, rows: u16, page: FindingsPage) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.tick(2_000);
        driver.answer_orders(Ok(sample::orders()));
        driver.answer_findings(Ok(page));
        driver
    }

    /// With the sample's journey on the screen.
    pub(crate) fn with_journey(columns: u16, rows: u16) -> Self {
        Self::with_this_journey(columns, rows, sample::journey())
    }

    pub(crate) fn with_this_journey(columns: u16, rows: u16, journey: Journey) -> Self {
        let mut driver = Self::with_orders(columns, rows);
        driver.press("⏎");
        driver.answer_journey(Ok(JourneyReply::Found(Box::new(journey))));
        driver
    }

    pub(crate) fn event(&mut self, event: Event) {
        for action in update(&mut self.state, event) {
            match action {
                Action::Copy(_) | Action::Quit => self.done.push(action),
                Action::FetchFindings { .. } => self.asides.push(action),
                Action::FetchAlerts { .. } => self.alarms.push(action),
                question => self.asked.push(question),
            }
        }
    }

    pub(crate) fn tick(&mut self, after_ms: i64) {
        let now: Timestamp = self.state.now + SignedDuration::from_millis(after_ms);
        self.event(Event::Tick(now));
    }

    /// Presses these keys: letters for themselves, and ⏎ ⎋ ⌫ ⇥ ↓ ↑ ← →.
    pub(crate) fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            let code = match c {
                '⏎' => KeyCode::Enter,
                '⎋' => KeyCode::Esc,
                '⇥' => KeyCode::Tab,
                '⌫' => KeyCode::Backspace,
                '↓' => KeyCode::Down,
                '↑' => KeyCode::Up,
                '←' => KeyCode::Left,
                '→' => KeyCode::Right,
                c => KeyCode::Char(c),
            };
            self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        }
    }

    pub(crate) fn answer_orders(&mut self, result: Result<OrdersPage, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchOrders { .. }));
        self.event(Event::Orders { ticket, result });
    }

    pub(crate) fn answer_findings(&mut self, result: Result<FindingsPage, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let Action::FetchFindings { ticket, .. } = self.asides.remove(0) else { panic!("no question of findings") };
        self.event(Event::Findings { ticket, result });
    }

    pub(crate) fn answer_hotspots(&mut self, result: Result<Hotspots, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchHotspots { .. }));
        self.event(Event::Hotspots { ticket, result });
    }

    pub(crate) fn answer_surface(&mut self, result: Result<Surface, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchSurface { .. }));
        self.event(Event::Surface { ticket, result });
    }

    pub(crate) fn answer_alerts(&mut self, result: Result<AlertsReply, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let Action::FetchAlerts { ticket, .. } = self.alarms.remove(0) else { panic!("no question of alerts") };
        self.event(Event::Alerts { ticket, result });
    }

    pub(crate) fn answer_sync(&mut self, result: Result<SyncReply, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchSync { .. }));
        self.event(Event::Sync { ticket, result });
    }

    pub(crate) fn answer_history(&mut self, result: Result<(History, Vec<DriftNow>), String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchHistory { .. }));
        self.event(Event::History { ticket, result });
    }

    pub(crate) fn answer_sku_orders(&mut self, result: Result<SkuOrders, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchSkuOrders { .. }));
        self.event(Event::SkuOrders { ticket, result });
    }

    pub(crate) fn answer_touched(&mut self, result: Result<OrdersPage, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchHotspotOrders { .. }));
        self.event(Event::HotspotOrders { ticket, result });
    }

    pub(crate) fn answer_journey(&mut self, result: Result<JourneyReply, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchJourney { .. }));
        self.event(Event::Journey { ticket, result });
    }

    pub(crate) fn answer_explanation(&mut self, result: Result<ExplainReply, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchExplanation { .. }));
        self.event(Event::Explanation { ticket, result });
    }

    pub(crate) fn answer_spans(&mut self, result: Result<SpansReply, String>) {
        let result = result.map_err(NoAnswer::Unreachable);
        let ticket = self.take_ticket(|action| matches!(action, Action::FetchSpans { .. }));
        self.event(Event::Spans { ticket, result });
    }

    pub(crate) fn take_ticket(&mut self, wanted: impl Fn(&Action) -> bool) -> u64 {
        let at = self.asked.iter().position(wanted).expect("nothing of the kind was asked");
        match self.asked.remove(at) {
            Action::FetchOrders { ticket, .. }
            | Action::FetchHotspots { ticket, .. }
            | Action::FetchHotspotOrders { ticket, .. }
            | Action::FetchExplanation { ticket, .. }
            | Action::FetchSurface { ticket, .. }
            | Action::FetchSync { ticket, .. }
            | Action::FetchHistory { ticket, .. }
            | Action::FetchSkuOrders { ticket, .. }
            | Action::Acknowledge { ticket, .. }
            | Action::Silence { ticket, .. }
            | Action::FetchJourney { ticket, .. }
            | Action::FetchSpans { ticket, .. } => ticket,
            action => panic!("{action:?} has no ticket"),
        }
    }

    pub(crate) fn screen(&self) -> String {
        self.screen_with(LOOK)
    }

    /// What is drawn as chosen.
    pub(crate) fn chosen_row(&self) -> String {
        let Size { columns, rows } = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(frame, &self.state, LOOK)).unwrap();
        let cells = terminal.backend().buffer().content.iter();
        cells.filter(|cell| cell.modifier.contains(Modifier::REVERSED)).map(|cell| cell.symbol()).collect()
    }

    pub(crate) fn screen_with(&self, look: Look) -> String {
        let Size { columns, rows } = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(frame, &self.state, look)).unwrap();
        terminal.backend().to_string()
    }
}
