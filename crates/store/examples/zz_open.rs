//! scratch
#![allow(clippy::print_stdout)]
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let begin = std::time::Instant::now();
    let store = abide_store::SqliteStore::open(path.as_ref(), &Default::default()).unwrap();
    println!("open {:?}", begin.elapsed());
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    use abide_store::Store;
    let begin = std::time::Instant::now();
    rt.block_on(store.acquire(0..=4095)).unwrap();
    println!("acquire {:?}", begin.elapsed());
    let scan = |limit| abide_store::Scan { space: abide_store::Space::Visibility, partitions: 4096..=4096, from: Default::default(), to: None, after: None, limit, reverse: false };
    let rows = rt.block_on(store.scan(scan(10000))).unwrap();
    let begin = std::time::Instant::now();
    for row in &rows { rt.block_on(store.get(abide_store::Space::Visibility, row.partition, row.key.clone())).unwrap().unwrap(); }
    println!("get {:?} each of {}", begin.elapsed() / rows.len() as u32, rows.len());
    let begin = std::time::Instant::now();
    let rows = rt.block_on(store.scan(scan(1_000_000))).unwrap();
    println!("scan {:?} of {}", begin.elapsed(), rows.len());
    let begin = std::time::Instant::now();
    for space in [abide_store::Space::Dispatch, abide_store::Space::Timer] {
        rt.block_on(store.scan(abide_store::Scan { space, partitions: 0..=4095, ..scan(1000) })).unwrap();
    }
    println!("recovery scans {:?}", begin.elapsed());
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmRSS")).unwrap());
    let begin = std::time::Instant::now();
    drop(store);
    println!("close {:?}", begin.elapsed());
}
