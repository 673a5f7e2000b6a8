//! Connections: how many, how long they may idle, and how they end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::clients::Peer;
use crate::guard::Limits;

/// For answers that are under way when the service is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(20);

/// Serves until `stop`, then finishes the answers that are under way.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    (limits, stop): (Limits, impl Future<Output = ()>),
) {
    let mut stop = std::pin::pin!(stop);
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Too many open files, most likely: others have to end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            continue;
        };
        let routes = routes.clone().layer(Extension(Peer(peer.ip())));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // How a connection ends is the client's affair.
            let _ = connection.await;
            drop(permit);
        });
    }
    let _ = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
}

/// Ends when the process is told to stop: by Ctrl-C, or by a service manager (SIGTERM).
pub(crate) async fn stop_signal() {
    let interrupt = async {
        // Without the signal there is nothing to wait for: the server then runs until killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
