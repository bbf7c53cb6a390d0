use std::str::FromStr;

/// Options of `ordertrace demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Run without a terminal, compare every journey with the shop's truth, exit 0 only if all agree
    #[arg(long)]
    pub headless: bool,
    /// Orders per seed, without a terminal
    #[arg(long, value_name = "N", default_value_t = 200, requires = "headless", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub orders: u64,
    /// Seed, or seeds from A to B with both ends: equal seeds give equal shops
    #[arg(long = "seed", value_name = "S|A..B", default_value = "1")]
    pub seeds: Seeds,
}

/// One seed or several in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    first: u64,
    last: u64,
}

impl Seeds {
    /// The seeds in order.
    pub fn iter(self) -> impl Iterator<Item = u64> {
        self.first..=self.last
    }

    /// The first seed.
    pub fn first(self) -> u64 {
        self.first
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.trim().parse::<u64>().map_err(|_| format!("{text:?} is no seed: write a number, or A..B for A to B"))
        };
        let (first, last) = match text.split_once("..") {
            Some((first, last)) => (number(first)?, number(last.trim_start_matches('='))?),
            None => (number(text)?, number(text)?),
        };
        if first > last {
            return Err(format!("{text:?} holds no seed: the first must not be above the last"));
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_include_both_ends() {
        let seeds = |text: &str| text.parse::<Seeds>().map(|seeds| seeds.iter().collect::<Vec<_>>());
        assert_eq!(seeds("7"), Ok(vec![7]));
        assert_eq!(seeds("1..3"), Ok(vec![1, 2, 3]));
        assert_eq!(seeds("1..=3"), Ok(vec![1, 2, 3]));
        assert!(seeds("3..1").is_err());
        assert!(seeds("x").is_err());
        assert!(seeds("1..").is_err());
    }
}
