//! The helper table against the running kernel: a program copies the kernel's read-only data, and there, beside the address
//! of each helper, stands its `struct bpf_func_proto`.
mod common;

use common::{add, call, copy, exit, insn, load, map_in, mov, since};
use osmia_abi::{Arg, HELPERS, Helper, MapType, ProgramType, Ret};
use osmia_sys::bpf::{MapCreate, TestRun};
use std::collections::HashMap;

/// Helpers that the kernel may be built without, or that it has under no name of their own.
const UNSEEN: &[&str] = &[
    "get_prandom_u32",
    "tail_call",
    "probe_write_user",
    "probe_read_str",
    "override_return",
    "lwt_push_encap",
    "rc_repeat",
    "rc_keydown",
    "sk_select_reuseport",
    "rc_pointer_rel",
    "skb_output",
    "xdp_output",
    "get_func_arg",
    "get_func_ret",
    "get_func_arg_cnt",
];

const CHUNK: usize = 1 << 16;

/// Copies the kernel's memory between two addresses.
fn kernel_memory(from: u64, to: u64) -> Vec<u8> {
    let map = MapCreate::new(MapType::Array, 4, CHUNK as u32, 1).call().unwrap();
    let [first, second] = map_in(1, &map);
    let prog = load(
        ProgramType::RawTracepoint,
        &[
            insn(0x79, 6, 1, 0, 0), // r6 = ctx[0]
            insn(0x62, 10, 0, -4, 0),
            copy(2, 10),
            add(2, -4),
            first,
            second,
            call(1),
            insn(0x15, 0, 0, 4, 0), // if r0 == 0 goto +4
            copy(1, 0),
            mov(2, CHUNK as i32),
            copy(3, 6),
            call(113),
            exit(),
        ],
    );
    let mut memory = Vec::new();
    for at in (from..to).step_by(CHUNK) {
        let run = TestRun { context: &at.to_ne_bytes(), ..Default::default() }.call(&prog).unwrap();
        let there = run.returned == 0;
        memory.extend(if there { map.get(&[0; 4]).unwrap().unwrap() } else { vec![0; CHUNK] });
    }
    memory
}

/// What a prototype says: result, arguments, whether only for the GPL.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Proto {
    ret: u32,
    args: [u32; 5],
    gpl_only: bool,
}

fn number(memory: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(memory[at..at + 4].try_into().unwrap())
}

/// The prototype at this place, if it can be one.
fn proto(memory: &[u8], at: usize) -> Option<Proto> {
    let bytes = memory.get(at..at + 96)?;
    let args = std::array::from_fn(|nth| number(bytes, 16 + 4 * nth));
    let ret = number(bytes, 12);
    let plausible = bytes[8..12].iter().all(|flag| *flag < 2)
        && (ret & 0xff) < 9
        && args.iter().all(|arg| (arg & 0xff) < 24 && arg >> 28 == 0)
        && number(bytes, 36) == 0;
    plausible.then_some(Proto { ret, args, gpl_only: bytes[8] == 1 })
}

/// All prototypes in the kernel's read-only data, by the names of their functions.
fn prototypes() -> HashMap<String, Vec<Proto>> {
    let symbols = std::fs::read_to_string("/proc/kallsyms").unwrap();
    let parsed = symbols.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        Some((u64::from_str_radix(fields.next()?, 16).ok()?, fields.nth(1)?))
    });
    let (mut functions, mut start, mut end) = (HashMap::<u64, Vec<&str>>::new(), 0, 0);
    for (address, name) in parsed {
        match name {
            "__start_rodata" => start = address,
            "__start_BTF" => end = address,
            _ if name.starts_with("bpf_") => functions.entry(address).or_default().push(name),
            _ => {}
        }
    }
    let memory = kernel_memory(start, end);
    let mut found = HashMap::<String, Vec<Proto>>::new();
    for (index, word) in memory.as_chunks::<8>().0.iter().enumerate() {
        let names = functions.get(&u64::from_ne_bytes(*word)).into_iter().flatten();
        for (name, proto) in names.filter_map(|name| Some((name, proto(&memory, index * 8)?))) {
            found.entry((*name).to_owned()).or_default().push(proto);
        }
    }
    found
}

/// `enum bpf_arg_type` with its flags, as 6.18 numbers them; two where a helper has two forms.
fn raw_arg(arg: Arg) -> &'static [u32] {
    match arg {
        Arg::Any | Arg::Flags => &[9],
        Arg::Map => &[1],
        Arg::Key => &[2],
        Arg::Value => &[3],
        Arg::ValueOrNull => &[0x103],
        Arg::ValueOut => &[0x400_8003],
        Arg::Mem => &[0x204],
        Arg::MemOrNull => &[0x304],
        Arg::MemOut => &[0x400_8004],
        Arg::MemInOut => &[0x400_0004],
        Arg::MemInOutOrNull => &[0x400_0104],
        Arg::Fixed(_) => &[0x4_0204],
        Arg::FixedOut(_) => &[0x604_8004],
        Arg::FixedInOut(_) => &[0x604_0004],
        Arg::Size => &[6],
        Arg::SizeOrZero => &[7],
        Arg::AllocSize => &[15],
        Arg::Ctx => &[8],
        Arg::CtxOrNull => &[0x108],
        Arg::CtxOrSock => &[8, 0x10],
        Arg::SpinLock => &[10],
        Arg::SockCommon => &[11],
        Arg::BtfSock => &[0x10],
        Arg::BtfSockReleased => &[0x2010],
        Arg::Btf(_) => &[13],
        Arg::BtfOrNull(_) => &[0x10d],
        Arg::PercpuBtf => &[17],
        Arg::OwnedOrNull => &[0x210d],
        Arg::RingbufMem => &[0x200e],
        Arg::Func => &[18],
        Arg::StackOrNull => &[0x113],
        Arg::ConstStr => &[20],
        Arg::Timer => &[21],
        Arg::KptrDest => &[22],
        Arg::Dynptr => &[0x217],
        Arg::DynptrOut => &[0x401_8017],
        Arg::RingbufDynptrOut => &[0x402_8017],
        Arg::RingbufDynptr => &[0x2_2017],
    }
}

/// `enum bpf_return_type` with its flags, as 6.18 numbers them.
fn raw_ret(ret: Ret) -> &'static [u32] {
    match ret {
        Ret::Int => &[0],
        Ret::Void => &[1],
        Ret::Value => &[2],
        Ret::ValueOrNull => &[0x102],
        Ret::SocketOrNull => &[0x103],
        Ret::TcpSockOrNull => &[0x104],
        Ret::SockCommonOrNull => &[0x105],
        Ret::RingbufMemOrNull => &[0x506],
        Ret::DynptrMemOrNull => &[0x106],
        Ret::MemOrBtf => &[0x207],
        Ret::MemOrBtfOrNull => &[0x307],
        Ret::Btf(_) => &[8, 0x10_0008],
        Ret::BtfOrNull(_) => &[0x108],
    }
}

fn agrees(helper: &Helper, proto: &Proto) -> bool {
    let wanted = helper.args.iter().map(|arg| raw_arg(*arg)).chain(std::iter::repeat(&[0_u32][..]));
    raw_ret(helper.ret).contains(&proto.ret)
        && helper.gpl_only == proto.gpl_only
        && proto.args.iter().zip(wanted).all(|(got, wanted)| wanted.contains(got))
}

/// Functions of a helper: its own, or one for each kind of program that may call it.
fn forms<'a>(all: &'a HashMap<String, Vec<Proto>>, helper: &Helper) -> Vec<&'a Proto> {
    if let Some(own) = all.get(&helper.to_string()) {
        return own.iter().collect();
    }
    let (after, before) = (format!("_{}", helper.name), format!("{helper}_"));
    let matching = all.iter().filter(|(name, _)| name.ends_with(&after) || name.starts_with(&before));
    matching.flat_map(|(_, protos)| protos).collect()
}

#[test]
fn arguments_and_results_are_the_kernels() {
    if !since(6, 18) {
        return; // other kernels number the kinds of arguments otherwise
    }
    let all = prototypes();
    let mut wrong = Vec::new();
    for helper in HELPERS {
        let forms = forms(&all, helper);
        if forms.is_empty() {
            assert!(UNSEEN.contains(&helper.name), "{helper} is not in the kernel's memory");
        } else if !forms.iter().any(|proto| agrees(helper, proto)) {
            wrong.push(format!("{helper:?}\n    {forms:x?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
