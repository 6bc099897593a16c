//! The kernel's names for the flags of a memory allocation, as its own tracepoints print them
//! (`include/trace/events/mmflags.h`; bits as in Linux 6.10 and later, `enum` in `include/linux/gfp_types.h`).

const HIGH: u64 = 1 << 5;
const IO: u64 = 1 << 6;
const FS: u64 = 1 << 7;
const DIRECT: u64 = 1 << 10;
const KSWAPD: u64 = 1 << 11;
const RECLAIM: u64 = DIRECT | KSWAPD;
const NOWARN: u64 = 1 << 13;
const COMP: u64 = 1 << 18;
const NOMEMALLOC: u64 = 1 << 19;
const HARDWALL: u64 = 1 << 20;
const ACCOUNT: u64 = 1 << 22;
const KERNEL: u64 = RECLAIM | IO | FS;
const USER: u64 = KERNEL | HARDWALL;
const HIGHUSER: u64 = USER | (1 << 1);
const MOVABLE: u64 = HIGHUSER | (1 << 3);
const TRANSHUGE_LIGHT: u64 = (MOVABLE | COMP | NOMEMALLOC | NOWARN) & !RECLAIM;

/// Names, those of many bits first.
const FLAGS: &[(u64, &str)] = &[
    (TRANSHUGE_LIGHT | DIRECT, "GFP_TRANSHUGE"),
    (TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT"),
    (MOVABLE, "GFP_HIGHUSER_MOVABLE"),
    (HIGHUSER, "GFP_HIGHUSER"),
    (USER, "GFP_USER"),
    (KERNEL | ACCOUNT, "GFP_KERNEL_ACCOUNT"),
    (KERNEL, "GFP_KERNEL"),
    (RECLAIM | IO, "GFP_NOFS"),
    (HIGH | KSWAPD, "GFP_ATOMIC"),
    (RECLAIM, "GFP_NOIO"),
    (KSWAPD | NOWARN, "GFP_NOWAIT"),
    (1 << 0, "GFP_DMA"),
    (1 << 1, "__GFP_HIGHMEM"),
    (1 << 2, "GFP_DMA32"),
    (1 << 3, "__GFP_MOVABLE"),
    (1 << 4, "__GFP_RECLAIMABLE"),
    (HIGH, "__GFP_HIGH"),
    (IO, "__GFP_IO"),
    (FS, "__GFP_FS"),
    (1 << 8, "__GFP_ZERO"),
    (DIRECT, "__GFP_DIRECT_RECLAIM"),
    (KSWAPD, "__GFP_KSWAPD_RECLAIM"),
    (1 << 12, "__GFP_WRITE"),
    (NOWARN, "__GFP_NOWARN"),
    (1 << 14, "__GFP_RETRY_MAYFAIL"),
    (1 << 15, "__GFP_NOFAIL"),
    (1 << 16, "__GFP_NORETRY"),
    (1 << 17, "__GFP_MEMALLOC"),
    (COMP, "__GFP_COMP"),
    (NOMEMALLOC, "__GFP_NOMEMALLOC"),
    (HARDWALL, "__GFP_HARDWALL"),
    (1 << 21, "__GFP_THISNODE"),
    (ACCOUNT, "__GFP_ACCOUNT"),
    (1 << 23, "__GFP_ZEROTAGS"),
];

/// `GFP_KERNEL|__GFP_ZERO`; bits without a name in hex at the end, `0` for none at all.
pub(crate) fn flags(mut value: u64) -> String {
    let mut names = Vec::new();
    for &(bits, name) in FLAGS {
        if value & bits == bits {
            names.push(name.to_owned());
            value &= !bits;
        }
    }
    if value != 0 {
        names.push(format!("{value:#x}"));
    }
    if names.is_empty() { "0".into() } else { names.join("|") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_largest_name_wins() {
        assert_eq!(super::flags(0xcc0), "GFP_KERNEL");
        assert_eq!(super::flags(0xdc0), "GFP_KERNEL|__GFP_ZERO");
        assert_eq!(super::flags(0x820), "GFP_ATOMIC");
        assert_eq!(super::flags(0x4000_0000), "0x40000000");
        assert_eq!(super::flags(0), "0");
    }
}
