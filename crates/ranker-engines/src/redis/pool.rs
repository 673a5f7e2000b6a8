//! Connections: a few, used again, each by one caller at a time.

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ranker_core::waiting;

use super::address::Address;
use super::resp::{Commands, Reply, read};
#[cfg(feature = "redis-tls")]
use super::tls::{Encrypted, Tls};
use crate::adapter::fault::Fault;

/// Errors of a server that will answer later.
const PASSING: [&str; 5] = ["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN"];

/// Connections to one server.
pub(super) struct Pool {
    address: Address,
    limit: Duration,
    #[cfg(feature = "redis-tls")]
    tls: Tls,
    idle: Mutex<Vec<Connection>>,
}

type Connection = BufReader<Stream>;

impl Pool {
    /// Connections to a server, whose certificate these (in PEM) and no others vouch for, if there are such.
    pub(super) fn new(
        address: Address,
        limit: Duration,
        roots: Option<&[u8]>,
    ) -> Result<Self, Fault> {
        #[cfg(not(feature = "redis-tls"))]
        if address.encrypted || roots.is_some() {
            return Err(Fault::rejected("rediss:// needs the feature redis-tls"));
        }
        Ok(Self {
            address,
            limit,
            #[cfg(feature = "redis-tls")]
            tls: Tls::new(roots)?,
            idle: Mutex::default(),
        })
    }

    /// The replies to some commands, none of which is an error.
    pub(super) async fn replies(self: &Arc<Self>, commands: Commands) -> Result<Vec<Reply>, Fault> {
        if commands.count() == 0 {
            return Ok(Vec::new());
        }
        let pool = Arc::clone(self);
        waiting(move || pool.ask(&commands)).await
    }

    /// The replies to some commands, as many. Blocks, for no longer than the limit.
    ///
    /// Every command that is sent may be sent twice: a connection that was kept may have been cut since, and
    /// then another one is used.
    fn ask(&self, commands: &Commands) -> Result<Vec<Reply>, Fault> {
        let until = Instant::now() + self.limit;
        while let Some(mut kept) = self.take() {
            match spoken(&mut kept, commands, until) {
                Ok(replies) => return self.done(kept, replies),
                Err(error) if was_cut(&error) => {}
                Err(error) => return Err(Fault::Unavailable(error.into())),
            }
        }
        let mut fresh = self.connect(until)?;
        let replies = spoken(&mut fresh, commands, until);
        let replies = replies.map_err(|error| Fault::Unavailable(error.into()))?;
        self.done(fresh, replies)
    }

    fn done(&self, connection: Connection, replies: Vec<Reply>) -> Result<Vec<Reply>, Fault> {
        self.sound(&replies)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
        Ok(replies)
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn connect(&self, until: Instant) -> Result<Connection, Fault> {
        let unavailable = |error: io::Error| Fault::Unavailable(error.into());
        let timed = self.reach(until).map_err(unavailable)?;
        #[cfg(feature = "redis-tls")]
        let stream = if self.address.encrypted {
            Stream::Encrypted(Box::new(self.tls.over(timed, &self.address.host)?))
        } else {
            Stream::Plain(timed)
        };
        #[cfg(not(feature = "redis-tls"))]
        let stream = Stream::Plain(timed);
        let mut connection = BufReader::new(stream);
        let greeting = self.greeting();
        if greeting.count() > 0 {
            let replies = spoken(&mut connection, &greeting, until).map_err(unavailable)?;
            self.sound(&replies)?;
        }
        Ok(connection)
    }

    /// The first of the server's addresses that answers.
    fn reach(&self, until: Instant) -> io::Result<Timed> {
        let place = (&*self.address.host, self.address.port);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in place.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(until)?) {
                Ok(socket) => {
                    socket.set_nodelay(true)?;
                    return Ok(Timed { socket, until });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What comes first on a connection: who one is, and which database.
    fn greeting(&self) -> Commands {
        let mut commands = Commands::default();
        if let Some(password) = &self.address.password {
            match &self.address.user {
                Some(user) => commands.say(["AUTH", user, password.expose()]),
                None => commands.say(["AUTH", password.expose()]),
            }
        }
        if self.address.database > 0 {
            commands.say(["SELECT", &self.address.database.to_string()]);
        }
        commands
    }

    /// That no reply is an error.
    fn sound(&self, replies: &[Reply]) -> Result<(), Fault> {
        let mut errors = replies.iter().filter_map(Reply::error);
        let Some(first) = errors.next() else {
            return Ok(());
        };
        // Some errors repeat what was sent.
        let told = match &self.address.password {
            Some(password) => password.scrub(first),
            None => first.to_owned(),
        };
        let kind = told.split(' ').next().unwrap_or_default();
        if PASSING.contains(&kind) {
            Err(Fault::Unavailable(told.into()))
        } else {
            Err(Fault::rejected(told))
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn spoken(
    connection: &mut Connection,
    commands: &Commands,
    until: Instant,
) -> io::Result<Vec<Reply>> {
    let stream = connection.get_mut();
    stream.timed().until = until;
    stream.write_all(commands.bytes())?;
    stream.flush()?;
    (0..commands.count()).map(|_| read(connection)).collect()
}

/// Whether a connection that was kept was no more: nothing is known of what was sent on it.
fn was_cut(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no answer within the time limit",
        ));
    }
    Ok(left)
}

/// A socket that waits until a moment, however many reads that takes.
pub(super) struct Timed {
    socket: TcpStream,
    until: Instant,
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(left(self.until)?))?;
        self.socket.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(left(self.until)?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

enum Stream {
    Plain(Timed),
    #[cfg(feature = "redis-tls")]
    Encrypted(Box<Encrypted>),
}

impl Stream {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Plain(timed) => timed,
            #[cfg(feature = "redis-tls")]
            Self::Encrypted(encrypted) => encrypted.get_mut(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(into),
            #[cfg(feature = "redis-tls")]
            Self::Encrypted(encrypted) => encrypted.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.write(bytes),
            #[cfg(feature = "redis-tls")]
            Self::Encrypted(encrypted) => encrypted.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(timed) => timed.flush(),
            #[cfg(feature = "redis-tls")]
            Self::Encrypted(encrypted) => encrypted.flush(),
        }
    }
}
