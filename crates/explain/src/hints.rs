//! What the verifier's phrases mean, in plain words, and what to do about them: a table.

/// An explanation of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What the verifier's message contains; parts with `…` between them follow one another.
    pub phrase: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub advice: &'static str,
}

const fn row(phrase: &'static str, meaning: &'static str, advice: &'static str) -> Hint {
    Hint { phrase, meaning, advice }
}

/// The first row that fits counts: special ones stand before general ones.
#[rustfmt::skip]
const HINTS: &[Hint] = &[
    row("invalid mem access 'map_value_or_null'", "what a map lookup returned is used without a check: it may be NULL",
        "compare the pointer with NULL first, and use it only in the branch where it is not"),
    row("invalid mem access 'ringbuf_mem_or_null'", "the record that bpf_ringbuf_reserve returned is used without a check: it may be NULL",
        "compare the pointer with NULL first, and return when it is"),
    row("_or_null'", "a pointer that may be NULL is used without a check",
        "compare it with NULL first, and use it only in the branch where it is not"),
    row("invalid mem access 'scalar'", "a plain number is used as a pointer: the verifier does not know what it points to",
        "read kernel or user memory with bpf_probe_read_kernel / bpf_probe_read_user (in a script: give the value a pointer type)"),
    row("invalid mem access 'inv'", "a plain number is used as a pointer: the verifier does not know what it points to",
        "read kernel or user memory with bpf_probe_read_kernel / bpf_probe_read_user (in a script: give the value a pointer type)"),
    row("unbounded memory access", "an index or length may be larger than the memory it is used on",
        "compare it with the size first (`if (len > MAX) return 0;`), on the same variable that is used then"),
    row("min value is negative", "an index or length may be negative",
        "make it unsigned, or compare it with 0 first"),
    row("invalid access to map value", "memory behind the end of a map's value is read or written",
        "check the index against the size of the value first"),
    row("invalid access to packet", "memory behind the end of the packet is read or written",
        "compare the end of the access with data_end first"),
    row("invalid bpf_context access", "this kind of program may not read that place of its context",
        "check the context's type, and whether this kernel has the field"),
    row("back-edge", "there is a loop, and this kernel takes none",
        "unroll it (`#pragma unroll`, or `unroll (N)` in a script); kernels since 5.3 take loops that end"),
    row("infinite loop detected", "a loop comes round with nothing changed: it would never end",
        "count in the loop's condition, with a limit that is known"),
    row("BPF program is too large. Processed", "there are more paths through the program than the verifier looks at (a million instructions)",
        "make loops shorter, split the program, or move the loop into bpf_loop (kernel 5.17)"),
    row("sequence of…jumps is too complex", "there are too many branches on one path",
        "split the program, or make loops shorter"),
    row("combined stack size", "the functions that call one another use more than 512 bytes of stack together",
        "keep large variables in a map (a per-CPU array) instead of on the stack"),
    row("invalid stack", "stack memory is used outside its bounds or before it was written",
        "initialize variables (with padding: `= {}` or memset) before their address is passed on"),
    row("invalid indirect read from stack", "a helper would read stack memory that was not written: padding, perhaps",
        "initialize the whole variable first (`= {}` leaves no padding when memset is used)"),
    row("invalid read from stack", "stack memory is read that was never written",
        "initialize the variable first"),
    row("cannot call GPL-restricted function", "this helper is only for programs under the GPL",
        "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\";"),
    row("cannot call GPL only function", "this helper is only for programs under the GPL",
        "declare the licence: char LICENSE[] SEC(\"license\") = \"GPL\";"),
    row("program of this type cannot use helper", "this kind of program may not call this helper",
        "use another kind of program, or another helper"),
    row("helper call is not allowed in probe", "this helper may not be called at this place of the kernel",
        "use it at one of the functions that the kernel allows it in"),
    row("unknown func", "this kernel does not have this helper for programs of this kind",
        "use an older helper, or a newer kernel; a kernel that is locked down hides those that read memory"),
    row("invalid func", "this kernel does not have this helper at all",
        "use an older helper, or a newer kernel"),
    row("helper access to the packet is not allowed", "the packet may not be passed to this helper",
        "copy the bytes to the stack first"),
    row("Unreleased reference", "something that was acquired (a record, a socket, an object) is not released on every path",
        "submit, discard or release it before each return"),
    row("unreachable insn", "there are instructions that nothing leads to",
        "this is an error of the compiler's: please report it with the object"),
    row("R0 !read_ok", "the program ends without a return value",
        "return a number on every path"),
    row("!read_ok", "a register is read that was never written, or was lost in a call",
        "initialize the variable on every path"),
    row("At program exit the register R0 has", "the return value is not one that this kind of program may return",
        "return one of the values that it names"),
    row("pointer arithmetic on…prohibited", "numbers may not be added to this pointer",
        "compute the number first, and check the pointer before that"),
    row("R…leaks addr", "an address of the kernel would be told to user space, which needs privileges",
        "run it as root"),
    row("is not allowed in sleepable", "a program that may sleep cannot use this",
        "leave out `.s` in the section's name"),
    row("cannot access ptr member", "this field may not be read through this pointer",
        "read it with bpf_core_read / bpf_probe_read_kernel"),
    row("type=…expected=", "an argument of the call is not of the kind that the helper takes",
        "pass what it names: a pointer to the stack or to a map's value, say"),
    row("loop is not allowed", "there is a loop, and this kernel takes none",
        "unroll it; kernels since 5.3 take loops that end"),
    row("attach_btf_id", "the kernel function or hook that it attaches to cannot be traced this way",
        "attach with a kprobe, or choose another function"),
    row("is not modifiable", "the return value of this function may not be replaced",
        "only functions marked for error injection can: see /sys/kernel/debug/error_injection/list"),
];

/// What a message of the verifier's means.
pub fn hint(message: &str) -> Option<&'static Hint> {
    HINTS.iter().find(|row| contains(message, row.phrase))
}

/// Whether all parts of the phrase stand in the message, one after another.
fn contains(message: &str, phrase: &str) -> bool {
    let mut rest = message;
    phrase.split('…').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_rows_come_first() {
        for (number, row) in HINTS.iter().enumerate() {
            let message = row.phrase.replace('…', " something ");
            let first = HINTS.iter().position(|other| contains(&message, other.phrase));
            assert_eq!(first, Some(number), "{} is never reached", row.phrase);
        }
    }

    #[test]
    fn messages_of_kernels() {
        let meaning = |message| hint(message).map(|hint| hint.meaning).unwrap_or_default();
        assert!(meaning("R0 invalid mem access 'map_value_or_null'").contains("may be NULL"));
        assert!(meaning("R2 type=scalar expected=fp, pkt, map_key").contains("not of the kind"));
        assert!(meaning("R1 pointer arithmetic on ctx_or_null prohibited").contains("numbers may not"));
        assert_eq!(hint("a message from the future"), None);
    }
}
