//! The shell: what happens to polls and queries that wait, end, and are dropped. Time is paused, so nothing here waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll as Ready, Waker};

use abide_cluster::history::{ActivityTask, LostTask, StartedTask};
use abide_engine::run::{Poller, StartedActivity};
use abide_model::Timestamp;
use tokio::time::{Instant, advance};

use super::*;
use crate::queue::tests::{key, query_task, run_key, sticky_key, task};

const WAIT: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(10);

type PollFuture<'a> = BoxFuture<'a, Result<PollEnd, Error>>;

/// The time of the test runtime.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000).after(self.0.elapsed())
    }
}

fn queues() -> TaskQueues {
    TaskQueues::new(Arc::new(TestClock(Instant::now())))
}

fn poll_of(queue: QueueKey) -> Poll {
    let poller = Poller { identity: "me".into(), ..Poller::default() };
    Poll { queue, poller, wait: WAIT, rate: None, worker_instance_key: String::new(), version: Default::default() }
}

fn poll(queues: &TaskQueues) -> PollFuture<'_> {
    queues.poll(poll_of(key("queue")))
}

/// Lets a future run as far as it can without waiting.
fn step<T>(future: &mut Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Ready::Ready(output) => Some(output),
        Ready::Pending => None,
    }
}

/// A poll that waits.
fn waiting(queues: &TaskQueues) -> PollFuture<'_> {
    waiting_as(queues, poll_of(key("queue")))
}

fn waiting_as(queues: &TaskQueues, poll: Poll) -> PollFuture<'_> {
    let mut future = queues.poll(poll);
    assert!(step(&mut future).is_none(), "nothing is there yet");
    future
}

fn lease(polled: Option<Result<PollEnd, Error>>) -> abide_cluster::matching::Lease {
    match polled {
        Some(Ok(PollEnd { polled: Polled::Task(lease), .. })) => lease,
        other => panic!("a task was expected: {other:?}"),
    }
}

/// Takes a task that is there, for good, and says of which run.
fn take(queues: &TaskQueues) -> RunOf {
    done(step(&mut poll(queues)))
}

type RunOf = abide_model::RunKey;

fn done(polled: Option<Result<PollEnd, Error>>) -> RunOf {
    let lease = lease(polled);
    let run = lease.task.run.clone();
    lease.done();
    run
}

fn is_empty(polled: Option<Result<PollEnd, Error>>) -> bool {
    matches!(polled, Some(Ok(PollEnd { polled: Polled::Empty, .. })))
}

fn query_id(polled: Option<Result<PollEnd, Error>>) -> Uuid {
    match polled {
        Some(Ok(PollEnd { polled: Polled::Query(query), .. })) => query.id,
        other => panic!("a query was expected: {other:?}"),
    }
}

/// An activity that counts how often it was lost.
fn started(losses: &Arc<AtomicUsize>) -> StartedTask {
    let at = Timestamp::EPOCH;
    let losses = losses.clone();
    StartedTask::Activity(Box::new(ActivityTask {
        run: run_key(1),
        started: StartedActivity {
            task: task(1, 1, 3, 0).task,
            scheduled_event_id: 5,
            attempt: 1,
            scheduled: Box::default(),
            workflow_type: "type".into(),
            heartbeat_details: None,
            scheduled_at: at,
            attempt_scheduled_at: at,
            started_at: at,
            priority: None,
        },
        lost: LostTask::new(move || {
            losses.fetch_add(1, Ordering::Relaxed);
        }),
    }))
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_a_poller_and_a_poller_for_a_task() {
    let queues = queues();
    queues.offer(task(1, 1, 3, 0));
    assert_eq!(queues.backlog(), BTreeMap::from([(key("queue"), 1)]));
    assert_eq!(take(&queues), run_key(1));
    let (mut first, mut second) = (waiting(&queues), waiting(&queues));
    queues.offer(task(2, 1, 3, 0));
    assert_eq!(done(step(&mut first)), run_key(2));
    assert!(step(&mut second).is_none());
    assert!(queues.backlog().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_poll_ends_empty_when_its_time_is_up() {
    let queues = queues();
    let began = Instant::now();
    assert!(is_empty(Some(poll(&queues).await)));
    assert_eq!(began.elapsed(), WAIT);
    assert!(queues.reserve(&key("queue"), 0).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_task_sent_to_a_poll_that_is_dropped_goes_to_the_next() {
    let queues = queues();
    let (first, mut second) = (waiting(&queues), waiting(&queues));
    queues.offer(task(1, 1, 3, 0));
    drop(first);
    assert_eq!(done(step(&mut second)), run_key(1));

    let (first, second) = (waiting(&queues), waiting(&queues));
    queues.offer(task(2, 1, 3, 0));
    queues.offer(task(3, 1, 3, 0));
    drop(first);
    drop(second);
    assert_eq!((take(&queues), take(&queues)), (run_key(2), run_key(3)));
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_was_dropped_gets_nothing() {
    let queues = queues();
    drop(waiting(&queues));
    assert!(queues.reserve(&key("queue"), 0).is_none());
    queues.offer(task(1, 1, 3, 0));
    assert_eq!(take(&queues), run_key(1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_lease_goes_back_to_its_place() {
    let queues = queues();
    queues.offer(task(1, 1, 3, 10));
    queues.offer(task(2, 1, 3, 10));
    let first = lease(step(&mut poll(&queues)));
    assert_eq!((first.task.run.clone(), first.backlog), (run_key(1), 1));
    drop(first);
    assert_eq!((take(&queues), take(&queues)), (run_key(1), run_key(2)));
    assert!(queues.backlog().is_empty(), "a task that is done stays away");
}

#[tokio::test(start_paused = true)]
async fn a_reserved_poller_gets_the_started_task() {
    let queues = queues();
    assert!(queues.reserve(&key("queue"), 0).is_none());
    let mut poll = waiting(&queues);
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    assert_eq!(reservation.poller.identity, "me");
    assert!(queues.reserve(&key("queue"), 0).is_none());
    queues.offer(task(1, 1, 3, 0));
    let losses = Arc::new(AtomicUsize::new(0));
    reservation.deliver(started(&losses));
    assert!(matches!(step(&mut poll), Some(Ok(PollEnd { polled: Polled::Started(_), .. }))));
    assert_eq!(take(&queues), run_key(1));
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_is_dropped_puts_the_poller_back_in_front() {
    let queues = queues();
    let (mut first, mut second) = (waiting(&queues), waiting(&queues));
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    queues.offer(task(1, 1, 3, 0));
    assert_eq!(done(step(&mut second)), run_key(1));
    let mut third = waiting(&queues);
    drop(reservation);
    queues.offer(task(2, 1, 3, 0));
    assert_eq!(done(step(&mut first)), run_key(2));
    assert!(step(&mut third).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_is_dropped_takes_what_came_meanwhile() {
    let queues = queues();
    let mut poll = waiting(&queues);
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    queues.offer(task(1, 1, 3, 0));
    drop(reservation);
    assert_eq!(done(step(&mut poll)), run_key(1));
}

#[tokio::test(start_paused = true)]
async fn a_started_task_whose_poller_is_gone_is_lost_and_says_so() {
    let queues = queues();
    let losses = Arc::new(AtomicUsize::new(0));
    let poll = waiting(&queues);
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    drop(poll);
    reservation.deliver(started(&losses));
    assert_eq!(losses.load(Ordering::Relaxed), 1);

    let poll = waiting(&queues);
    queues.reserve(&key("queue"), 0).unwrap().deliver(started(&losses));
    assert_eq!(losses.load(Ordering::Relaxed), 1);
    drop(poll);
    assert_eq!(losses.load(Ordering::Relaxed), 2);

    let poll = waiting(&queues);
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    drop(poll);
    drop(reservation);
    assert!(queues.reserve(&key("queue"), 0).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_poll_whose_time_is_up_waits_a_moment_for_the_task_it_is_reserved_for() {
    let queues = queues();
    let losses = Arc::new(AtomicUsize::new(0));
    let mut poll = waiting(&queues);
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    advance(WAIT + MOMENT).await;
    assert!(step(&mut poll).is_none());
    reservation.deliver(started(&losses));
    assert!(matches!(step(&mut poll), Some(Ok(PollEnd { polled: Polled::Started(_), .. }))));

    let poll = waiting(&queues);
    let _reservation = queues.reserve(&key("queue"), 0).unwrap();
    let began = Instant::now();
    assert!(is_empty(Some(poll.await)));
    assert_eq!(began.elapsed(), WAIT + limits::HANDOVER_GRACE);
}

#[tokio::test(start_paused = true)]
async fn a_query_is_handed_over_and_answered_once() {
    let queues = queues();
    let mut poll = waiting(&queues);
    let mut query = queues.query(key("queue"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    assert!(queues.reserve(&key("queue"), 0).is_none(), "the poller is taken");
    let id = query_id(step(&mut poll));
    let outcome = QueryOutcome::Answered(None);
    assert_eq!(queues.answer(id, outcome.clone()), Ok(()));
    assert_eq!(queues.answer(id, outcome.clone()), Err(Error::QueryTaskNotFound));
    assert_eq!(step(&mut query), Some(Ok(outcome.clone())));
    assert_eq!(queues.answer(Uuid::nil(), outcome), Err(Error::QueryTaskNotFound));
}

#[tokio::test(start_paused = true)]
async fn a_query_without_a_poller_waits_for_one() {
    let queues = queues();
    let mut query = queues.query(key("queue"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    queues.offer(task(1, 1, 3, 0));
    let id = query_id(step(&mut poll(&queues)));
    assert_eq!(take(&queues), run_key(1));
    queues.answer(id, QueryOutcome::Answered(None)).unwrap();
    assert_eq!(query.await, Ok(QueryOutcome::Answered(None)));
}

#[tokio::test(start_paused = true)]
async fn a_query_whose_poller_hung_up_goes_to_the_next() {
    let queues = queues();
    let poll = waiting(&queues);
    let mut query = queues.query(key("queue"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    drop(poll);
    let id = query_id(step(&mut super::tests::poll(&queues)));
    queues.answer(id, QueryOutcome::Answered(None)).unwrap();
    assert_eq!(query.await, Ok(QueryOutcome::Answered(None)));
}

#[tokio::test(start_paused = true)]
async fn a_query_whose_caller_is_gone_is_withdrawn() {
    let queues = queues();
    let mut query = queues.query(key("queue"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    drop(query);
    let poll = waiting(&queues);
    let mut query = queues.query(key("queue"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    drop(query);
    drop(poll);
    drop(waiting(&queues));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_nobody_takes_times_out_and_says_whether_there_are_pollers() {
    let queues = queues();
    let began = Instant::now();
    let never_polled = queues.query(key("queue"), query_task(0), WAIT).await;
    assert!(matches!(never_polled, Err(Error::NoPoller(_))), "{never_polled:?}");
    assert_eq!(began.elapsed(), WAIT - limits::POLL_DEADLINE_MARGIN, "workers may just be starting");

    let mut slow = waiting(&queues);
    let began = Instant::now();
    let not_answered = queues.query(key("queue"), query_task(0), WAIT).await;
    assert!(matches!(not_answered, Err(Error::QueryTimedOut(_))), "{not_answered:?}");
    assert_eq!(began.elapsed(), WAIT);
    let id = query_id(step(&mut slow));
    assert_eq!(queues.answer(id, QueryOutcome::Answered(None)), Err(Error::QueryTaskNotFound));

    let began = Instant::now();
    let long_gone = queues.query(key("queue"), query_task(0), WAIT).await;
    assert!(matches!(long_gone, Err(Error::NoPoller(_))), "{long_gone:?}");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_query_to_a_queue_that_was_polled_lately_waits_to_the_end() {
    let queues = queues();
    drop(waiting(&queues));
    let wait = SECOND * 5;
    let timed_out = queues.query(key("queue"), query_task(0), wait).await;
    let text = "query timed out before a worker could process it";
    assert_eq!(timed_out, Err(Error::QueryTimedOut(text.into())));
}

#[tokio::test(start_paused = true)]
async fn a_sticky_queue_without_its_worker_refuses_queries_at_once() {
    let queues = queues();
    let sticky = sticky_key("mine");
    assert!(!queues.has_recent_poller(&sticky));
    let refused = queues.query(sticky.clone(), query_task(0), WAIT).await;
    assert!(matches!(refused, Err(Error::NoPoller(_))), "{refused:?}");
    let poll = waiting_as(&queues, poll_of(sticky.clone()));
    advance(SECOND * 30).await;
    assert!(queues.has_recent_poller(&sticky), "a poller waits");
    drop(poll);
    assert!(!queues.has_recent_poller(&sticky), "it hung up, and began to wait long ago");
    drop(waiting_as(&queues, poll_of(sticky.clone())));
    advance(limits::STICKY_POLLER_GONE - MOMENT).await;
    assert!(queues.has_recent_poller(&sticky));
    advance(MOMENT).await;
    assert!(!queues.has_recent_poller(&sticky));
}

#[tokio::test(start_paused = true)]
async fn a_rate_spreads_tasks_over_time() {
    let queues = queues();
    let began = Instant::now();
    for run in 1..=3 {
        queues.offer(task(run, 1, 3, 0));
    }
    let limited = || queues.poll(Poll { rate: Some(1.0), ..poll_of(key("queue")) });
    assert_eq!(done(Some(limited().await)), run_key(1));
    let (second, third) = tokio::join!(limited(), limited());
    assert_eq!((done(Some(second)), done(Some(third))), (run_key(2), run_key(3)));
    let took = began.elapsed();
    assert!(took >= SECOND * 2 && took < SECOND * 2 + MOMENT, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_zero_hands_out_nothing_until_another_rate_is_named() {
    let queues = queues();
    let mut stopped = waiting_as(&queues, Poll { rate: Some(0.0), ..poll_of(key("queue")) });
    assert!(queues.reserve(&key("queue"), 0).is_none());
    queues.offer(task(1, 1, 3, 0));
    advance(SECOND * 30).await;
    assert!(step(&mut stopped).is_none());
    let other = queues.poll(Poll { rate: Some(10.0), ..poll_of(key("queue")) });
    let (first, second) = tokio::join!(stopped, other);
    let polled: Vec<_> = [first, second]
        .into_iter()
        .filter(|polled| matches!(polled, Ok(PollEnd { polled: Polled::Task(_), .. })))
        .collect();
    assert_eq!(polled.len(), 1, "exactly one got it");
}

#[tokio::test(start_paused = true)]
async fn a_leaving_worker_gets_its_polls_back_and_is_forgotten() {
    let queues = queues();
    let (sticky, normal) = (sticky_key("mine"), key("queue"));
    let poll_as =
        |queue: &QueueKey, worker: &str| Poll { worker_instance_key: worker.into(), ..poll_of(queue.clone()) };
    let mut leaving = waiting_as(&queues, poll_as(&normal, "leaving"));
    let mut staying = waiting_as(&queues, poll_as(&normal, "staying"));
    let mut on_sticky = waiting_as(&queues, poll_as(&sticky, ""));
    queues.shutdown_worker(normal.namespace, "mine", "leaving");
    assert!(is_empty(step(&mut on_sticky)));
    assert!(is_empty(step(&mut leaving)));
    assert!(step(&mut staying).is_none());
    assert!(!queues.has_recent_poller(&sticky));
    assert!(is_empty(step(&mut queues.poll(poll_as(&normal, "leaving")))), "a late poll ends at once");
}

#[tokio::test(start_paused = true)]
async fn a_query_that_waits_for_a_leaving_worker_turns_elsewhere_at_once() {
    let queues = queues();
    let sticky = sticky_key("mine");
    drop(waiting_as(&queues, poll_of(sticky.clone())));
    let mut query = queues.query(sticky.clone(), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    queues.shutdown_worker(sticky.namespace, "mine", "");
    assert!(matches!(step(&mut query), Some(Err(Error::NoPoller(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_leaves_a_normal_queue_as_if_it_were_its_own_loses_no_task() {
    let queues = queues();
    queues.offer(task(1, 1, 3, 0));
    queues.shutdown_worker(key("queue").namespace, "queue", "");
    assert_eq!(take(&queues), run_key(1));
}

#[tokio::test(start_paused = true)]
async fn closing_ends_all_polls_and_those_that_come_later() {
    let queues = queues();
    let mut query = queues.query(key("other"), query_task(0), WAIT);
    assert!(step(&mut query).is_none());
    let (mut first, mut reserved) = (waiting(&queues), waiting(&queues));
    let reservation = queues.reserve(&key("queue"), 0).unwrap();
    queues.close();
    drop(reservation);
    assert!(is_empty(step(&mut first)));
    assert!(is_empty(step(&mut reserved)));
    queues.offer(task(1, 1, 3, 0));
    assert!(is_empty(step(&mut poll(&queues))));
    assert!(matches!(step(&mut query), Some(Err(Error::Unavailable(_)))));
    let late = queues.query(key("queue"), query_task(0), WAIT).await;
    assert!(matches!(late, Err(Error::Unavailable(_))));
}

/// Rows as history keeps them.
struct Rows {
    queues: TaskQueues,
    rows: Mutex<BTreeMap<u32, QueuedTask>>,
    refills: AtomicUsize,
}

impl Rows {
    fn new(tasks_max: usize, rows: u32) -> Arc<Self> {
        let queues = TaskQueues::with_tasks_max(Arc::new(TestClock(Instant::now())), tasks_max);
        let tasks = (1..=rows).map(|run| (run, task(run, 1, 3, run.into())));
        Arc::new(Rows { queues, rows: Mutex::new(tasks.collect()), refills: AtomicUsize::new(0) })
    }

    fn drain(&self) -> Vec<u32> {
        let mut runs = Vec::new();
        while let Some(polled) = step(&mut poll(&self.queues)) {
            let run = done(Some(polled)).run_id.0.as_u128() as u32;
            self.rows.lock().unwrap().remove(&run);
            runs.push(run);
        }
        runs
    }
}

/// Reads what was asked for, at once.
struct Refiller(std::sync::Weak<Rows>);

impl Refill for Refiller {
    fn refill(&self, queue: &QueueKey, from: Place, tasks_max: usize) {
        let rows = self.0.upgrade().unwrap();
        rows.refills.fetch_add(1, Ordering::Relaxed);
        let found: Vec<_> = rows.rows.lock().unwrap().values().filter(|row| row.place() >= from).cloned().collect();
        let next = found.get(tasks_max).map(QueuedTask::place);
        rows.queues.refilled(queue, found.into_iter().take(tasks_max).collect(), next);
    }
}

#[tokio::test(start_paused = true)]
async fn a_backlog_beyond_the_window_comes_back_in_order() {
    let rows = Rows::new(10, 100);
    rows.queues.set_refill(Arc::new(Refiller(Arc::downgrade(&rows))));
    let offered: Vec<_> = rows.rows.lock().unwrap().values().cloned().collect();
    offered.into_iter().for_each(|row| rows.queues.offer(row));
    assert_eq!(rows.queues.describe(&key("queue")).backlog(), 100);
    let runs = rows.drain();
    assert_eq!(runs, (1..=100).collect::<Vec<_>>());
    let refills = rows.refills.load(Ordering::Relaxed);
    assert!(refills < 20, "{refills} refills for 100 rows in windows of 10");
}

#[tokio::test(start_paused = true)]
async fn a_description_shows_pollers_backlog_and_rates() {
    let queues = queues();
    assert_eq!(queues.describe(&key("queue")).backlog(), 0);
    for run in 1..=3 {
        queues.offer(task(run, 1, 3, i64::from(run)));
    }
    take(&queues);
    let description = queues.describe(&key("queue"));
    assert_eq!((description.backlog(), description.oldest()), (2, Some(Timestamp::from_millis(2))));
    assert_eq!((description.add_rate(), description.dispatch_rate()), (3.0, 1.0));
    assert_eq!(description.pollers.len(), 1);
    assert_eq!((description.pollers[0].identity.as_str(), description.pollers[0].rate_per_second), ("me", 100_000.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_pollers_that_hang_up_on_all_threads_every_task_is_done_once() {
    const TASKS: u32 = 3000;
    let queues = Arc::new(queues());
    let runs = Arc::new(Mutex::new(Vec::new()));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8_usize {
        let (queues, runs) = (queues.clone(), runs.clone());
        workers.spawn(async move {
            let mut turn = worker;
            while runs.lock().unwrap().len() < TASKS as usize {
                turn += 1;
                let polled = tokio::select! {
                    biased;
                    polled = poll(&queues) => polled,
                    () = tokio::task::yield_now() => continue,
                };
                let lease = lease(Some(polled));
                if turn % 3 == 0 {
                    continue;
                }
                runs.lock().unwrap().push(lease.task.run.run_id);
                lease.done();
            }
        });
    }
    for run in 1..=TASKS {
        queues.offer(task(run, 1, 3, 0));
        drop(queues.reserve(&key("queue"), 0));
        if run % 8 == 0 {
            tokio::task::yield_now().await;
        }
    }
    workers.join_all().await;
    let mut runs = runs.lock().unwrap().clone();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), TASKS as usize);
    assert!(queues.backlog().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_kept_for_queues_that_are_not_here() {
    use abide_cluster::matching::EffectiveRate;
    use abide_engine::queue_config::{LimitUpdate, QueueConfig, Update};
    use abide_engine::{Emit, Machine};
    let queues = queues();
    let mut config = QueueConfig::default();
    let limit = LimitUpdate { rate: Some(0.0), ..LimitUpdate::default() };
    let update = Update { queue: Some(limit), ..Update::default() };
    config.handle(update, Timestamp::EPOCH, &mut Emit::default()).unwrap();
    queues.configure(&key("queue"), Arc::new(config));
    assert_eq!(queues.describe(&key("queue")).rate, EffectiveRate::Configured(0.0));
    queues.offer(task(1, 1, 3, 0));
    let mut stopped = waiting(&queues);
    queues.configure(&key("queue"), Arc::default());
    assert_eq!(done(step(&mut stopped)), run_key(1), "and a change is felt at once");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_waited_in_vain_advises_fewer_pollers() {
    let queues = queues();
    let ended = poll(&queues).await.unwrap();
    assert_eq!(ended.more_pollers, -1);
    queues.offer(task(1, 1, 3, 0));
    queues.offer(task(2, 1, 3, 0));
    let ended = poll(&queues).await.unwrap();
    assert_eq!(ended.more_pollers, 1, "another task is old already");
}
