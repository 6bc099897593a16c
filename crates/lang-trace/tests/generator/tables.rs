//! What scripts are made of.
use super::Kind;

/// Maps by what they hold: name, keys, and what the value is.
pub(super) const MAPS: &[(&str, &[Kind], Kind)] = &[
    ("@i", &[], Kind::Int),
    ("@ii", &[Kind::Int], Kind::Int),
    ("@si", &[Kind::Str], Kind::Int),
    ("@is", &[Kind::Int], Kind::Str),
    ("@pi", &[Kind::Int, Kind::Str], Kind::Int),
    ("@ip", &[Kind::Int], Kind::Pair),
    ("@s", &[], Kind::Str),
    ("@r", &[Kind::Int], Kind::Record),
    ("@ri", &[Kind::Record], Kind::Int),
];

/// Maps that collect: name, keys, and what is assigned (`#` is a number).
pub(super) const COLLECTORS: &[(&str, &[Kind], &str)] = &[
    ("@count", &[Kind::Int], "count()"),
    ("@sum", &[Kind::Str], "sum(#)"),
    ("@avg", &[], "avg(#)"),
    ("@min", &[Kind::Int], "min(#)"),
    ("@max", &[Kind::Int, Kind::Str], "max(#)"),
    ("@hist", &[Kind::Int], "hist(#)"),
    ("@lhist", &[], "lhist(#, 0, 100, 10)"),
    ("@stats", &[Kind::Str], "stats(#)"),
    ("@total", &[], "count()"),
];

/// What all maps are, wherever else they are used.
pub(super) const EVERYTHING: &str = "interval:s:99 {
  @i = (int64)0; @ii[(int64)0] = (int64)0; @si[comm] = (int64)0; @is[(int64)0] = comm;
  @pi[(int64)0, comm] = (int64)0; @ip[(int64)0] = ((int64)0, comm); @s = comm;
  @count[(int64)0] = count(); @sum[comm] = sum((int64)1); @avg = avg((int64)1); @min[(int64)0] = min((int64)1);
  @max[(int64)0, comm] = max((int64)1); @hist[(int64)0] = hist((int64)1); @lhist = lhist((int64)1, 0, 100, 10);
  @r[(int64)0] = (number=(int64)0, text=comm, inner=((int64)0, (uint8)1));
  @ri[(number=(int64)0, text=comm, inner=((int64)0, (uint8)1))] = (int64)0;
  @kstack[kstack(3)] = count(); @ustack[ustack(3), (int64)0] = sum((int64)1); @two = lhist((int64)1, -10, 10, 1);
  @stats[comm] = stats((int64)1); @total = count();
}
";

/// Where scripts run, and what numbers and strings there are only there.
pub(super) const PROBES: &[(&str, &[&str], &[&str])] = &[
    ("begin", &[], &[]),
    ("end", &[], &[]),
    ("interval:s:1", &[], &[]),
    ("profile:hz:99", &["reg(\"ip\")"], &[]),
    ("tracepoint:sched:sched_switch", &["args.next_pid", "args.prev_prio"], &["args.next_comm"]),
    ("tracepoint:syscalls:sys_enter_openat", &["args.dfd", "args.flags"], &["str(args.filename)"]),
    ("rawtracepoint:sched_switch", &["arg0"], &[]),
    ("uprobe:/bin/sh:main", &["arg0", "arg1", "(uint8)arg2"], &["str(arg1)", "str(arg1, 16)"]),
    ("software:page-faults:100", &[], &[]),
];

pub(super) const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "255",
    "256",
    "65535",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-1",
    "-128",
    "1e6",
    "pid",
    "tid",
    "uid",
    "gid",
    "cpu",
    "nsecs",
    "elapsed",
    "rand",
    "ncpus",
    "jiffies",
    "curtask->pid",
    "curtask->real_parent->tgid",
    "curtask->prio",
];

pub(super) const STRINGS: &[&str] =
    &["\"\"", "\"a\"", "\"hello\"", "comm", "curtask->comm", "curtask->parent->comm", "probe"];

pub(super) const TYPES: &[&str] = &["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];

/// Definitions that every script has.
pub(super) const PRELUDE: &str = "macro twice(x) { (x) * 2 }
macro bump($v) { $v += 1; if ($v > 100) { $v = (int64)0; } $v }
macro put(@m, key, value) { @m[key] = value; }
macro longer(text) { if (strlen(text) > 3) { str_concat(text, \"!\") } else { text } }
fn add($a : int64, $b : int64) : int64 { if ($a > $b) { return $a; } return $a + $b; }
fn triangle($n : int64) : int64 {
  let $sum = (int64)0;
  for $i : 0..10 { if ($i >= $n) { break; } $sum += $i; }
  return $sum;
}
fn key_of($value : int64) : int64 {
  for ($kv : @ii) { if ($kv.1 == $value) { return $kv.0; } for $i : 0..3 { if ($i == $value) { return (int64)$i; } } }
  return (int64)-1;
}
fn above($n : int64) : int64 {
  let $i = (int64)0;
  while ($i < 5) { $i++; if ($i > $n) { if ($n < 0) { return $n; } return $i; } }
  return $i;
}
";

/// Statements that only have an effect: `#` is a number, `~` a string, `^` a pair, a back-quote a record.
pub(super) const EFFECTS: &[&str] = &[
    "@kstack[kstack(3)] = count();",
    "@ustack[ustack(3), #] = sum(#);",
    "@two = lhist(#, -10, 10, 1);",
    "print(kstack(2));",
    "print((#, ~));",
    "print(^);",
    "print(`);",
    "printf(\"%s %s\\n\", ^, `);",
    "printf(\"%r %rx\\n\", buf(~, 4), buf(comm, 16));",
    "printf(\"%s %s\\n\", ntop((uint32)(#)), strftime(\"%H\", (uint64)(#)));",
    "printf(\"%-10s|%*d|%c\\n\", ~, 4, #, #);",
    "print(len(@ii));",
    "print(@ii, 3);",
    "print(@count, 2, 4);",
    "print(@r);",
    "clear(@is);",
    "zero(@count);",
    "if (delete(@ri, `)) { @i++; }",
    "warnf(\"%d %s\", #, ~);",
    "time(\"%H\\n\");",
    "@i = if (# > 3) { # } else { # };",
    "@i = (# ?: #);",
    "@r[#] = `;",
    "@ri[`] = #;",
    "print(macaddr((uint8[6])(uint64)(#)));",
    "print(strerror((int32)(#)));",
    "print(syscall_name((int32)(#)));",
    "print(ksym((uint64)(#)));",
    "print(usym((uint64)(#)));",
    "print((uint8[8])(uint64)(#));",
];
