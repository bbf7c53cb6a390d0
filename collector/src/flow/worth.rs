use rust_decimal::Decimal;

use super::Flows;
use crate::journey::Sighting;

impl Flows {
    /// What the order is worth: what the milestone says that others' amounts must equal, or else the most
    /// that is said in the currency that is said first.
    pub fn worth(&self, sightings: &[Sighting]) -> Option<(Decimal, String)> {
        let said = |sighting: &Sighting| {
            let amount = Decimal::from_str_exact(sighting.said.amount.trim()).ok()?;
            let currency = sighting.said.currency.trim().to_uppercase();
            (!amount.is_sign_negative() && !currency.is_empty()).then_some((amount, currency))
        };
        let flow = self.of(|milestone| sightings.iter().any(|sighting| sighting.name == milestone));
        let measures = |sighting: &&Sighting| {
            flow.is_some_and(|flow| flow.amounts.iter().any(|amount| amount.equals == sighting.name))
        };
        if let Some(stated) = sightings.iter().filter(measures).find_map(said) {
            return Some(stated);
        }
        let (_, currency) = sightings.iter().find_map(said)?;
        let most =
            sightings.iter().filter_map(said).filter(|(_, of)| *of == currency).map(|(amount, _)| amount).max()?;
        Some((most, currency))
    }
}
