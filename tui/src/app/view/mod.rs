//! Draws the state. Decides nothing.

mod canvas;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod map;
mod message;
mod orders;
mod overlay;
mod surface;
#[cfg(test)]
mod tests;
mod touched;

use ratatui::Frame;

use super::state::{List, State};
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
    match (&state.journey, &state.touched) {
        (Some(screen), _) => journey::draw(&mut canvas, state, screen),
        (None, _) if state.explain.is_some() => draw_explain(&mut canvas, state),
        (None, Some(touched)) => touched::draw(&mut canvas, state, touched),
        (None, None) => match state.list() {
            List::Orders => orders::draw(&mut canvas, state),
            List::Findings => findings::draw(&mut canvas, state),
            List::Hotspots => hotspots::draw(&mut canvas, state),
            List::Map => map::draw(&mut canvas, state),
            List::Surface => surface::draw(&mut canvas, state),
        },
    }
    if let Some(overlay) = &state.overlay {
        overlay::draw(&mut canvas, state, overlay);
    }
    if look.ascii {
        canvas.make_ascii();
    }
}
