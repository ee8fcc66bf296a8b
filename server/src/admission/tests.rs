use std::sync::atomic::AtomicU32;

use tokio::task::JoinHandle;

use super::*;

const WAIT: Duration = Duration::from_secs(5);

fn admission(slots_max: usize, queue_max: usize, wait: Duration) -> Admission {
    Admission::new(Room::Invocations, (slots_max, queue_max), wait)
}

/// So many accounts, with the rows 0, 1 and so on.
fn accounts(count: u32) -> Vec<Arc<Holdings>> {
    let all = Arc::new(AtomicU32::new(count));
    let of = |row| Arc::new(Holdings::new(i64::from(row), &all));
    (0..count).map(of).collect()
}

/// The only account.
fn alone() -> Arc<Holdings> {
    accounts(1).remove(0)
}

#[tokio::test(start_paused = true)]
async fn past_the_slots_one_waits_and_past_the_queue_one_is_sent_away() {
    let admission = admission(1, 1, WAIT);
    let one = alone();
    let slot = admission.admit(&one).await.unwrap();
    let waiting = admission.admit(&one);
    tokio::pin!(waiting);
    assert!(
        tokio::time::timeout(Duration::from_millis(1), &mut waiting)
            .await
            .is_err()
    );
    assert_eq!((admission.running(), admission.queued()), (1, 1));
    assert!(admission.admit(&one).await.is_err());
    drop(slot);
    let slot = waiting.await.unwrap();
    assert_eq!((admission.running(), admission.queued()), (1, 0));
    assert!(
        admission.admit(&one).await.is_err(),
        "nobody gave the slot back in time"
    );
    assert_eq!(admission.queued(), 0);
    drop(slot);
    assert_eq!(admission.running(), 0);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_queue() {
    let admission = admission(1, 1, WAIT);
    let one = alone();
    let slot = admission.admit(&one).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(1), admission.admit(&one)).await;
    assert!(waiting.is_err());
    assert_eq!(admission.queued(), 0);
    drop(slot);
    assert_eq!(admission.running(), 0);
}

#[tokio::test]
async fn a_slot_that_is_handed_to_somebody_who_just_left_is_not_lost() {
    let admission = admission(1, 4, WAIT);
    let one = alone();
    let slot = admission.admit(&one).await.unwrap();
    let mut left = Box::pin(admission.admit(&one));
    assert!(poll_once(&mut left).await.is_none());
    let mut stays = Box::pin(admission.admit(&one));
    assert!(poll_once(&mut stays).await.is_none());
    drop(slot);
    drop(left);
    let slot = stays.await.unwrap();
    assert_eq!((admission.running(), admission.queued()), (1, 0));
    drop(slot);
    assert_eq!(admission.running(), 0);
}

/// Polls once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

type Waits = JoinHandle<Option<usize>>;
type Order = Arc<Mutex<Vec<usize>>>;

/// Several accounts at one admission, and the order in which they were admitted.
struct Crowd {
    admission: Arc<Admission>,
    accounts: Vec<Arc<Holdings>>,
    order: Order,
}

impl Crowd {
    fn new(admission: Admission, count: u32) -> Self {
        Self {
            admission: Arc::new(admission),
            accounts: accounts(count),
            order: Order::default(),
        }
    }

    /// Somebody of an account who waits and, when admitted, says who is.
    async fn join(&self, account: usize) -> Waits {
        let (admission, order) = (Arc::clone(&self.admission), Arc::clone(&self.order));
        let holdings = Arc::clone(&self.accounts[account]);
        let waits = tokio::spawn(async move {
            let _slot = admission.admit(&holdings).await.ok()?;
            order.lock().unwrap().push(account);
            tokio::task::yield_now().await;
            Some(account)
        });
        tokio::task::yield_now().await;
        waits
    }

    async fn is_full_for(&self, account: usize) -> bool {
        self.admission.admit(&self.accounts[account]).await.is_err()
    }

    fn counts(&self) -> (usize, usize) {
        (self.admission.running(), self.admission.queued())
    }
}

#[tokio::test]
async fn accounts_that_wait_take_turns() {
    let crowd = Crowd::new(admission(1, 100, WAIT), 4);
    let slot = crowd.admission.admit(&crowd.accounts[1]).await.unwrap();
    let mut all = Vec::new();
    for account in [1, 1, 1, 1, 2, 2, 3] {
        all.push(crowd.join(account).await);
    }
    drop(slot);
    for one in all {
        assert!(one.await.unwrap().is_some());
    }
    assert_eq!(*crowd.order.lock().unwrap(), [1, 2, 3, 1, 2, 1, 1]);
    assert_eq!(crowd.counts(), (0, 0));
}

#[tokio::test]
async fn in_a_full_queue_the_account_with_the_most_makes_room() {
    let crowd = Crowd::new(admission(1, 4, WAIT), 4);
    let slot = crowd.admission.admit(&crowd.accounts[1]).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(crowd.join(1).await);
    }
    assert!(crowd.is_full_for(1).await, "it has its share");
    for _ in 0..2 {
        waiting.push(crowd.join(2).await);
    }
    assert_eq!(crowd.admission.queued(), 4);
    assert!(crowd.is_full_for(2).await, "both have two");
    let third = crowd.join(3).await;
    drop(slot);
    let mut served = 0;
    for one in waiting {
        served += usize::from(one.await.unwrap().is_some());
    }
    assert_eq!(served, 3);
    assert_eq!(third.await.unwrap(), Some(3));
    assert_eq!(crowd.counts(), (0, 0));
}

#[tokio::test]
async fn an_account_holds_its_share_and_not_one_more_and_another_gets_a_slot_at_once() {
    let crowd = Crowd::new(admission(8, 0, WAIT), 3);
    let [flood, other, third] = [0, 1, 2].map(|account| &crowd.accounts[account]);
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(crowd.admission.admit(flood).await.unwrap());
    }
    assert!(crowd.is_full_for(0).await, "the last one is not for it");
    let last = crowd.admission.admit(other).await.unwrap();
    assert!(crowd.is_full_for(2).await, "there is none any more");
    drop(last);
    assert!(crowd.is_full_for(0).await, "it is still not for it");
    let last = crowd.admission.admit(third).await.unwrap();
    held.pop();
    drop(last);
    held.push(crowd.admission.admit(flood).await.unwrap());
    drop(held);
    assert_eq!(crowd.counts(), (0, 0));
}

#[tokio::test]
async fn a_slot_that_comes_free_passes_over_who_holds_too_many() {
    let crowd = Crowd::new(admission(8, 10, WAIT), 2);
    let [flood, other] = [0, 1].map(|account| &crowd.accounts[account]);
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(crowd.admission.admit(flood).await.unwrap());
    }
    let last = crowd.admission.admit(other).await.unwrap();
    let (more, waits) = (crowd.join(0).await, crowd.join(1).await);
    drop(last);
    assert_eq!(waits.await.unwrap(), Some(1), "though it came later");
    assert_eq!(crowd.counts(), (7, 1), "a slot is left for who holds none");
    let again = crowd.admission.admit(other).await.unwrap();
    drop(again);
    held.pop();
    assert_eq!(more.await.unwrap(), Some(0));
    drop(held);
    assert_eq!(crowd.counts(), (0, 0));
}

#[tokio::test]
async fn an_account_that_is_alone_takes_all_slots() {
    let crowd = Crowd::new(admission(8, 0, WAIT), 1);
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(crowd.admission.admit(&crowd.accounts[0]).await.unwrap());
    }
    assert!(crowd.is_full_for(0).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_slot_is_lost_or_made_when_many_come_and_go_at_once() {
    let crowd = Arc::new(Crowd::new(admission(3, 50, Duration::from_millis(2)), 16));
    let running = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..16)
        .map(|account| {
            let (crowd, running) = (Arc::clone(&crowd), Arc::clone(&running));
            tokio::spawn(async move {
                for round in 0..500_u64 {
                    let admit = crowd.admission.admit(&crowd.accounts[account]);
                    let wait = Duration::from_micros(round % 7 * 50);
                    if let Ok(Ok(_slot)) = tokio::time::timeout(wait, admit).await {
                        assert!(running.fetch_add(1, Ordering::SeqCst) < 3);
                        tokio::task::yield_now().await;
                        running.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(crowd.counts(), (0, 0));
    crowd.admission.idle().await;
    assert_eq!(crowd.admission.running(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_waits_for_ever_when_many_come_and_go_at_once() {
    for slots in 1..=5 {
        let admission = admission(slots, 100, Duration::from_secs(60));
        let crowd = Arc::new(Crowd::new(admission, 3));
        let tasks: Vec<_> = (0..12)
            .map(|one| {
                let crowd = Arc::clone(&crowd);
                tokio::spawn(async move {
                    for _ in 0..500 {
                        let account = &crowd.accounts[one % 3];
                        let _slot = crowd.admission.admit(account).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(crowd.counts(), (0, 0));
        assert!(
            crowd
                .accounts
                .iter()
                .all(|account| account.held(Room::Invocations) == 0)
        );
    }
}
