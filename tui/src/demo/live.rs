use anyhow::Context;
use ordertrace_shop::{Pace, ShopSettings};
use tokio_util::sync::CancellationToken;

use super::args::DemoArgs;
use super::stack::{ShopStack, Stack};

/// Runs the shop at a human pace while `watch` is shown, given the collector's URL; both end
/// when it returns.
///
/// # Errors
/// When a part cannot start, or what `watch` returns.
pub fn run_live(args: &DemoArgs, watch: impl FnOnce(String) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the demo's threads")?;
    let settings = ShopSettings { seed: args.seeds.first(), pace: Pace::HUMAN, ..ShopSettings::default() };
    let (stack, shop) = runtime.block_on(async {
        let stack = Stack::start().await?;
        let shop = ShopStack::start(&stack, settings).await?;
        anyhow::Ok((stack, std::sync::Arc::new(shop)))
    })?;
    let stop = CancellationToken::new();
    let running = runtime.spawn({
        let (shop, stop) = (shop.clone(), stop.clone());
        async move { shop.shop.run_live(Pace::HUMAN, stop).await }
    });
    // The UI has a runtime of its own on this thread.
    let watched = watch(stack.api_url());
    stop.cancel();
    runtime.block_on(async {
        running.await.context("the shop broke")?;
        if let Some(shop) = std::sync::Arc::into_inner(shop) {
            shop.stop().await?;
        }
        stack.stop().await;
        anyhow::Ok(())
    })?;
    watched
}
