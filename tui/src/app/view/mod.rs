//! Draws the state. Decides nothing.

mod canvas;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod message;
mod orders;
mod overlay;
#[cfg(test)]
mod tests;

use ratatui::Frame;

use super::state::State;
use crate::theme::Theme;
use canvas::Canvas;

/// How things look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
}

fn draw_explain(canvas: &mut Canvas<'_>, state: &State) {
    let Some(screen) = &state.explain else { return };
    match &screen.hit {
        Some(hit) => explain::draw_hit(canvas, state, hit),
        None => explain::draw(canvas, state, screen),
    }
}

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State, look: Look) {
    let area = frame.area();
    let mut canvas = Canvas::new(frame.buffer_mut(), area, look.theme);
    match &state.journey {
        Some(screen) => journey::draw(&mut canvas, state, screen),
        None if state.explain.is_some() => draw_explain(&mut canvas, state),
        None if state.findings_open => findings::draw(&mut canvas, state),
        None if state.hotspots_open => match &state.hotspots.touched {
            Some(touched) => hotspots::draw_touched(&mut canvas, state, touched),
            None => hotspots::draw(&mut canvas, state),
        },
        None => orders::draw(&mut canvas, state),
    }
    if let Some(overlay) = &state.overlay {
        overlay::draw(&mut canvas, state, overlay);
    }
    if look.ascii {
        canvas.make_ascii();
    }
}
