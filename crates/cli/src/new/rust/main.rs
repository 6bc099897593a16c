//! The half of @NAME@ that people start: loads and attaches the other, and tells what it counts.
use std::thread::sleep;
use std::time::Duration;

mod @IDENT@ {
    include!(concat!(env!("OUT_DIR"), "/@IDENT@.skel.rs"));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let open = @IDENT@::@TYPE@::open()?;
    open.rodata.pid.set(std::process::id());

    let mut program = open.load()?;
    program.attach()?;
    loop {
        sleep(Duration::from_secs(1));
        println!("{} writes so far", program.bss.writes.get());
    }
}
