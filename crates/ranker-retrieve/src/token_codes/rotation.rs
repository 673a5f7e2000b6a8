//! A random rotation, the same on every machine and in every release.

use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::quantized::Frame;

/// The rotation of one dimension.
pub(super) struct Rotation(Arc<Frame>);

/// The frame that was used last: a process has one encoder, and its signs need not be drawn for each text.
static LAST: Mutex<Option<Arc<Frame>>> = Mutex::new(None);

impl Rotation {
    pub(super) fn of(dimension: usize) -> Self {
        let mut last = lock(&LAST);
        match &*last {
            Some(frame) if frame.centre().len() == dimension => Self(Arc::clone(frame)),
            _ => {
                let frame = Arc::new(Frame::at(vec![0.0; dimension]));
                *last = Some(Arc::clone(&frame));
                Self(frame)
            }
        }
    }

    pub(super) fn turn(&self, vector: &mut [f32]) {
        self.0.turn(vector);
    }

    pub(super) fn turn_back(&self, vector: &mut [f32]) {
        self.0.turn_back(vector);
    }
}
