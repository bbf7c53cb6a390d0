use super::State;

/// What the terminal shows, overlays aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A list.
    List(List),
    /// What each system says of one SKU.
    Sku,
    /// The orders that had a handoff.
    Touched,
    /// What sets orders apart.
    Explain,
    /// The orders that have a value.
    Hit,
    /// One order.
    Journey,
}

/// The lists, each of which leads to each other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The latest orders: below all others.
    Orders,
    /// What is wrong.
    Findings,
    /// Which handoffs cost most.
    Hotspots,
    /// Which system hands on to which.
    Map,
    /// How handoffs are done.
    Surface,
    /// Whether copies agree.
    Sync,
    /// What somebody must know.
    Alerts,
}

impl State {
    /// What is on the screen.
    pub fn screen(&self) -> Screen {
        match (&self.journey, &self.explain, &self.touched) {
            (Some(_), ..) => Screen::Journey,
            (None, Some(explain), _) if explain.hit.is_some() => Screen::Hit,
            (None, Some(_), _) => Screen::Explain,
            (None, None, Some(_)) => Screen::Touched,
            (None, None, None) if self.sku.is_some() => Screen::Sku,
            (None, None, None) => Screen::List(self.list()),
        }
    }

    /// The list on the screen, or below what is.
    pub fn list(&self) -> List {
        self.lists.last().copied().unwrap_or(List::Orders)
    }

    /// Shows a list. Where it lies below others already, these are closed: the way back is never longer than
    /// there are lists.
    pub fn open_list(&mut self, list: List) {
        let below = self.lists.iter().position(|open| *open == list);
        self.lists.truncate(below.unwrap_or(self.lists.len()));
        if list != List::Orders {
            self.lists.push(list);
        }
        self.hurry_list();
    }

    /// Back to the list below.
    pub fn close_list(&mut self) {
        self.lists.pop();
        self.hurry_list();
    }

    /// Asks anew for the list that comes to the screen: it is as old as the time spent elsewhere.
    pub fn hurry_list(&mut self) {
        match self.list() {
            List::Orders => self.orders.poll.hurry(),
            List::Findings => self.findings.poll.hurry(),
            List::Hotspots => self.hotspots.poll.hurry(),
            List::Map => self.map.poll.hurry(),
            List::Surface => self.surface.poll.hurry(),
            List::Sync => self.sync.poll.hurry(),
            List::Alerts => self.alerts.poll.hurry(),
        }
    }
}
