//! A way to a server of any protocol that can be disturbed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ranker_engines::conformance::{Disturbance, Faults};

/// Passes bytes on, and answers as it was told to.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    disturbance: Arc<Mutex<Option<Disturbance>>>,
}

impl Proxy {
    pub(crate) fn new(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let disturbance: Arc<Mutex<Option<Disturbance>>> = Arc::default();
        let shared = Arc::clone(&disturbance);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                let ways = [
                    (
                        client.try_clone().unwrap(),
                        server.try_clone().unwrap(),
                        None,
                    ),
                    (server, client, Some(Arc::clone(&shared))),
                ];
                for (from, to, disturbance) in ways {
                    thread::spawn(move || forward(from, to, disturbance.as_deref()));
                }
            }
        });
        Self { port, disturbance }
    }
}

fn forward(
    mut from: TcpStream,
    mut to: TcpStream,
    disturbance: Option<&Mutex<Option<Disturbance>>>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let now = disturbance.and_then(|disturbance| *disturbance.lock().unwrap());
        let sent = match now {
            Some(Disturbance::Cut) => 0,
            Some(Disturbance::Half) => read / 2,
            Some(Disturbance::Slow(time)) => {
                thread::sleep(time);
                read
            }
            _ => read,
        };
        let written = to.write_all(&bytes[..sent]);
        if written.is_err() || sent < read {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

impl Faults for Proxy {
    fn disturb(&self, how: Disturbance, _: u32) -> bool {
        // Protocols of their own have no answers such as 429 or 503.
        let can = matches!(
            how,
            Disturbance::Slow(_) | Disturbance::Cut | Disturbance::Half
        );
        if can {
            *self.disturbance.lock().unwrap() = Some(how);
        }
        can
    }

    fn heal(&self) {
        *self.disturbance.lock().unwrap() = None;
    }
}
