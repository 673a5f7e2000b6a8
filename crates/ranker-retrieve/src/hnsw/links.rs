//! Checking a graph that comes from a file.
//!
//! `instant-distance` follows the links of a graph without looking where they lead, so links that
//! point outside would panic in a search. Its fields are private; what its serialised form holds is
//! therefore read twice: here, to be checked, and by itself.

use instant_distance::Hnsw;
use ranker_core::Embedding;
use serde::Deserialize;

use super::graph::Point;
use super::options::HnswOptions;

/// Stands where a point has fewer links than it may.
const NONE: u32 = u32::MAX;

/// `M` links.
type Upper = [u32; 32];

/// `2 · M` links; serde knows arrays up to 32, and a pair of arrays has the form of one.
type Zero = ([u32; 32], [u32; 32]);

/// The serialised form of [`Hnsw`].
#[derive(Debug, Deserialize)]
struct Form {
    ef_search: usize,
    points: Vec<Point>,
    /// The lowest layer: every point's links.
    zero: Vec<Zero>,
    /// The layers above it, upwards: each has the first points of the one below.
    layers: Vec<Vec<Upper>>,
}

/// Reads a graph that a search can follow without a panic, and its vectors in order.
pub(super) fn decode(
    bytes: &[u8],
    options: HnswOptions,
) -> Result<(Hnsw<Point>, Vec<Embedding>), &'static str> {
    const UNREADABLE: &str = "the graph cannot be read";
    let (form, rest) = postcard::take_from_bytes::<Form>(bytes).map_err(|_| UNREADABLE)?;
    if !rest.is_empty() {
        return Err("it goes on after its end");
    }
    form.check(options)?;
    let hnsw = postcard::from_bytes(bytes).map_err(|_| UNREADABLE)?;
    let vectors = form.points.into_iter().map(|point| point.0);
    Ok((hnsw, vectors.collect()))
}

impl Form {
    fn check(&self, options: HnswOptions) -> Result<(), &'static str> {
        if self.ef_search != options.ef_search as usize {
            return Err("the graph has other options than the index");
        }
        let mut dimensions = self.points.iter().map(|point| point.0.dimension());
        let first = dimensions.next();
        if dimensions.any(|dimension| Some(dimension) != first) {
            return Err("ids or dimensions clash");
        }
        let mut below = self.points.len();
        let zero = self.zero.iter().map(|(first, second)| [&first[..], second]);
        let sound = self.zero.len() == below
            && zero.flatten().all(|links| lead_within(links, below))
            && self.layers.iter().all(|layer| {
                let within = (1..=below).contains(&layer.len());
                below = layer.len();
                within && layer.iter().all(|links| lead_within(links, below))
            });
        if sound {
            Ok(())
        } else {
            Err("the graph's links lead outside it")
        }
    }
}

fn lead_within(links: &[u32], len: usize) -> bool {
    links
        .iter()
        .all(|&link| link == NONE || (link as usize) < len)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    /// As [`Form`], to be written.
    #[derive(Debug, Clone, Serialize)]
    struct Written {
        ef_search: usize,
        points: Vec<Vec<f32>>,
        zero: Vec<Zero>,
        layers: Vec<Vec<Upper>>,
    }

    fn sound() -> Written {
        let mut zero = vec![([NONE; 32], [NONE; 32]); 2];
        (zero[0].0[0], zero[1].0[0]) = (1, 0);
        Written {
            ef_search: HnswOptions::new().ef_search as usize,
            points: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
            zero,
            layers: vec![vec![[NONE; 32]; 2], vec![[NONE; 32]]],
        }
    }

    fn refused(change: impl FnOnce(&mut Written)) -> &'static str {
        let mut form = sound();
        change(&mut form);
        let bytes = postcard::to_stdvec(&form).unwrap();
        decode(&bytes, HnswOptions::new()).err().unwrap()
    }

    #[test]
    fn reads_a_sound_graph() {
        let bytes = postcard::to_stdvec(&sound()).unwrap();
        let (hnsw, vectors) = decode(&bytes, HnswOptions::new()).unwrap();
        assert_eq!(vectors.len(), 2);
        assert_eq!(postcard::to_stdvec(&hnsw).unwrap(), bytes);
    }

    #[test]
    fn refuses_what_a_search_would_trip_over() {
        let outside = "the graph's links lead outside it";
        assert_eq!(refused(|form| form.zero[1].1[31] = 2), outside);
        assert_eq!(refused(|form| form.layers[1][0][0] = 1), outside);
        assert_eq!(refused(|form| form.layers[1].clear()), outside);
        assert_eq!(refused(|form| form.layers.reverse()), outside);
        assert_eq!(refused(|form| form.zero.truncate(1)), outside);
        assert_eq!(refused(|form| form.points.clear()), outside);
        let options = "the graph has other options than the index";
        assert_eq!(refused(|form| form.ef_search = 0), options);
        let unreadable = "the graph cannot be read";
        assert_eq!(refused(|form| form.points[0][0] = 2.0), unreadable);
        let clash = "ids or dimensions clash";
        assert_eq!(refused(|form| form.points[0] = vec![1.0]), clash);
    }
}
