//! The process that the server runs in: booted on the disk, killed at any moment, booted again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_model::{Clock, NamespaceId, Partition, fresh};
use abide_nexus::Client;
use abide_server::config::{Config, Data, Listen};
use abide_server::{Seams, Services, dev};
use abide_store::Scan;
use abide_store::key::{Key, NamespaceKey};
use http::{Request, Response};
use http_body_util::{BodyExt, Collected, Full};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tower::Service;

use crate::clock::SimClock;
use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::offers::Offers;
use crate::outside::Outside;
use crate::store::{Disk, SimStore};
use crate::trace::Trace;
use crate::weather::Weather;

/// How long a process may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(30);
/// Callbacks may go to any address.
const EVERYWHERE: &str = r#"[{"Pattern":"*","AllowInsecure":true}]"#;

/// A request as it travels.
pub type Sent = Request<bytes::Bytes>;
/// An answer as it travels.
pub type Answered = Response<Collected<bytes::Bytes>>;

/// The same machine for every process on it.
pub struct Host {
    /// What outlives processes.
    pub disk: Disk,
    clock: SimClock,
    weather: Weather,
    trace: Trace,
    ledger: Ledger,
    config: Config,
    state: Mutex<State>,
}

struct State {
    running: Option<Running>,
    dice: Dice,
}

struct Running {
    services: Services,
    store: Arc<SimStore>,
    calls: JoinSet<()>,
}

impl Host {
    /// A machine without a process. The size of the server is rolled.
    pub fn new(clock: SimClock, weather: Weather, trace: Trace, ledger: Ledger, mut dice: Dice) -> Self {
        let listen = Listen { host: "localhost".into(), port: 0 };
        let mut config = dev::config(Data::Memory, listen, &[]);
        config.shards = Some(*dice.pick(&[1, 2, 2, 3]));
        config.cache_bytes = Some(*dice.pick(&[64 << 10, 64 << 10, 1 << 30]));
        config.dynamic_config.insert("callback.allowedAddresses".into(), EVERYWHERE.into());
        trace.line("host", format_args!("{:?} shards, {:?} bytes of cache", config.shards, config.cache_bytes));
        let state = Mutex::new(State { running: None, dice });
        Self { disk: Disk::default(), clock, weather, trace, ledger, config, state }
    }

    /// Starts a process, as often as that takes.
    pub async fn boot(&self) {
        loop {
            let store = Arc::new(self.open_store());
            match Services::start(&self.config, self.seams(store.clone())).await {
                Ok(services) => {
                    self.state().running = Some(Running { services, store, calls: JoinSet::new() });
                    return self.trace.line("host", format_args!("serves"));
                }
                Err(error) => {
                    store.crash();
                    self.trace.line("host", format_args!("does not start: {error}"));
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    /// Whether there is a process.
    pub fn is_up(&self) -> bool {
        self.state().running.is_some()
    }

    /// Kills the process: nothing of it goes on, and what it had not synced is lost.
    pub fn crash(&self) {
        let Some(Running { services, store, calls }) = self.state().running.take() else { return };
        store.crash();
        drop((calls, services));
    }

    /// Stops the process in good order.
    pub async fn stop(&self) {
        let Some(Running { services, calls, store }) = self.state().running.take() else { return };
        let in_order = async {
            services.leave().await;
            drop(calls);
            services.close().await;
        };
        let in_time = timeout(STOP, in_order).await.is_ok();
        if !in_time {
            store.crash();
        }
        self.trace.line("host", format_args!("stopped, in good order: {in_time}"));
    }

    /// The disk fails at the next write, and for good as far as this process is concerned.
    pub fn break_disk(&self) {
        if let Some(running) = &self.state().running {
            running.store.break_down();
        }
    }

    /// The id of the only namespace, if it is stored.
    pub fn namespace(&self) -> Option<NamespaceId> {
        let (from, to) = NamespaceKey::range();
        let partitions = Partition::SHARED.0..=Partition::SHARED.0;
        let scan = Scan { space: NamespaceKey::SPACE, partitions, from, to, after: None, limit: 1, reverse: false };
        let rows = self.disk.rows().scan(&scan);
        rows.iter().find_map(|row| NamespaceKey::decode(&row.key).ok()).map(|NamespaceKey(id)| id)
    }

    /// Hands a request to the process, if there is one. The answer goes with the process; dropping the handle alone
    /// does not end the call, [`Call`] does.
    pub fn call(&self, request: Sent) -> Option<Call> {
        let mut state = self.state();
        let running = state.running.as_mut()?;
        let mut routes = running.services.routes();
        let (reply, answer) = oneshot::channel();
        while running.calls.try_join_next().is_some() {}
        let call = running.calls.spawn(async move {
            let request = request.map(|bytes| Body::new(Full::new(bytes)));
            let Ok(response) = routes.call(request).await;
            let (head, body) = response.into_parts();
            if let Ok(body) = body.collect().await {
                // The client may have hung up.
                drop(reply.send(Response::from_parts(head, body)));
            }
        });
        Some(Call { answer, call })
    }

    fn open_store(&self) -> SimStore {
        let dice = Dice::of(self.state().dice.number(), "store");
        SimStore::open(self.disk.clone(), self.weather.clone(), self.trace.clone(), dice)
    }

    fn seams(&self, store: Arc<SimStore>) -> Seams {
        let (weather, dice) = (self.weather.clone(), Dice::of(fresh::number(), "offers"));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let to_matching = Box::new(move |matching| Arc::new(Offers::to(matching, weather, dice)) as _);
        let dice = Dice::of(fresh::number(), "outside");
        let outside = Outside::new(self.weather.clone(), self.trace.clone(), self.ledger.clone(), dice);
        Seams { store, store_kind: "simulated", clock, to_matching, outside: Arc::new(Client::over(outside)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that the server works on. Dropped, the client has hung up.
pub struct Call {
    answer: oneshot::Receiver<Answered>,
    call: AbortHandle,
}

impl Call {
    /// Waits for the answer; none when the process is gone.
    pub async fn answer(mut self) -> Option<Answered> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.call.abort();
    }
}
