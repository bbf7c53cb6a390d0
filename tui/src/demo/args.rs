use ordertrace_shop::Seeds;

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
