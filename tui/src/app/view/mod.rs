//! Draws the state. Decides nothing.

mod alerts;
#[cfg(test)]
mod alerts_tests;
mod canvas;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod map;
mod message;
mod orders;
mod overlay;
mod prompt;
mod sku;
mod sku_orders;
mod surface;
mod sync;
#[cfg(test)]
mod sync_tests;
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

/// The list, or what was chosen from it.
fn draw_list(canvas: &mut Canvas<'_>, state: &State) {
    if let Some(sku) = &state.sku {
        return sku::draw(canvas, state, sku);
    }
    match state.list() {
        List::Orders => orders::draw(canvas, state),
        List::Findings => findings::draw(canvas, state),
        List::Hotspots => hotspots::draw(canvas, state),
        List::Map => map::draw(canvas, state),
        List::Surface => surface::draw(canvas, state),
        List::Sync => sync::draw(canvas, state),
        List::Alerts => alerts::draw(canvas, state),
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
        (None, None) => draw_list(&mut canvas, state),
    }
    if let Some(overlay) = &state.overlay {
        overlay::draw(&mut canvas, state, overlay);
    }
    if look.ascii {
        canvas.make_ascii();
    }
}
