//! The average over some orders and their reverses.

use ranker_core::{Contributions, ScoreError};

use super::game::Game;

/// Draws `pairs` orders, lets the players (one at least) join in each and in its reverse, and
/// averages what each adds. All sets are one batch; the empty and the full one are asked for once.
pub(super) fn split(game: &Game<'_>, pairs: usize, seed: u64) -> Result<Contributions, ScoreError> {
    let players = game.players().len();
    let orders = orders(players, pairs, seed);
    let mut batch = game.batch();
    batch.add([]);
    batch.add(0..players);
    for order in &orders {
        for joined in 1..players {
            batch.add(order[..joined].iter().copied());
        }
    }
    let worth = batch.worths()?;
    let (empty, full) = (worth[0], worth[1]);
    let mut parts = vec![0.0; players];
    for (i, order) in orders.iter().enumerate() {
        let inner = &worth[2 + i * (players - 1)..][..players - 1];
        let mut before = empty;
        for (&player, &after) in order.iter().zip(inner.iter().chain([&full])) {
            parts[player] += after - before;
            before = after;
        }
    }
    let drawn = orders.len() as f64;
    parts.iter_mut().for_each(|part| *part /= drawn);
    Ok(game.contributions(empty, &parts))
}

/// `pairs` orders of the players, each followed by its reverse.
fn orders(players: usize, pairs: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut state = seed;
    let mut orders = Vec::with_capacity(2 * pairs);
    for _ in 0..pairs {
        let mut order: Vec<usize> = (0..players).collect();
        for i in (1..players).rev() {
            order.swap(i, below(&mut state, i + 1));
        }
        let reverse = order.iter().rev().copied().collect();
        orders.extend([order, reverse]);
    }
    orders
}

/// A number below `limit`, from SplitMix64 (Steele, Lea and Flood, 2014): its stream will not change
/// under a seed that stands in somebody's records.
pub(crate) fn below(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    // The bias of the product is below limit / 2^64.
    ((u128::from(z) * limit as u128) >> 64) as usize
}
