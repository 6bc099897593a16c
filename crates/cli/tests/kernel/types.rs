//! Types: the same script says the same in the kernel and in this process.
use crate::common::{osmia, run};

/// Scripts and what they print before the two blank lines, warnings left out.
const CASES: &[(&str, &str)] = &[
    // Numbers are as wide as all that is put in their place, from the first use on.
    (
        "begin { $x = 1; print(sizeof($x)); $x = 300; $y = (uint32)7; $y = 1; print((sizeof($y), $x)); }",
        "2\n(4, 300)\n",
    ),
    (
        "begin { $x = (uint8)200; $x++; print(($x, sizeof($x))); let $y: uint8 = 255; $y++; print($y); }",
        "(201, 8)\n0\n",
    ),
    (
        "begin { print((uint8)1 - (uint8)2); $d = (uint64)3 - (uint64)5; printf(\"%d %lu\\n\", $d, $d); }",
        "-1\n-2 18446744073709551614\n",
    ),
    (
        "begin { $u = (uint64)1; $s = -1; print($u > $s); print(~5); print(-7 / 2); $m = -7; print($m / 2); }",
        "true\n18446744073709551610\n-3\n-3\n",
    ),
    ("begin { $x = (int8)-1; $x = (uint8)255; print($x); $x = (int16)300; print($x); }", "255\n300\n"),
    // Division by zero is 1.
    ("begin { $z = (uint64)0; print((uint64)10 / $z); print((uint64)10 % $z); }", "1\n1\n"),
    // Arrays, and what is cast into them.
    (
        "begin { print((int8[])\"hello\"); print((uint8[4])(uint32)0x04030201); print(((int8[8])12345)[0]); }",
        "[104,101,108,108,111,0]\n[1,2,3,4]\n57\n",
    ),
    (
        "begin { $a = (int8[])\"hello\"; @k[$a] = 1; @v = $a; $v = @v; print($v[1]); $i = (uint64)4; print($a[$i]); for ($e : @k) { print($e); } clear(@k); delete(@v); }",
        "101\n111\n([104,101,108,108,111,0], 1)\n",
    ),
    (
        "begin { $a = (uint8[4])(uint32)5; $b = (uint8[4])(uint32)5; $c = (uint8[4])(uint32)6; print(($a == $b, $a == $c, (uint32)$c)); }",
        "(true, false, 6)\n",
    ),
    (
        "begin { print((bool[])(bool)5); print(\"abc\"[1]); $s = \"xyz\"; $i = (uint64)2; print($s[$i]); }",
        "[true]\n98\n122\n",
    ),
    // Tuples and records: widened, compared, in another order.
    (
        "begin { $t = (1, \"a\"); $t = (300, \"longer\"); print($t); print($t == (300, \"longer\")); print((1, 2) != (1, 3)); }",
        "(300, longer)\ntrue\ntrue\n",
    ),
    (
        "begin { $r = (a=1, b=\"x\"); $r = (b=\"longer\", a=-5); print($r); print($r == (b=\"longer\", a=-5)); }",
        "{ .a = -5, .b = longer }\ntrue\n",
    ),
    (
        "begin { $r = (a={ print(1); 1 }, b=2); $r = (b={ print(2); 3 }, a={ print(3); 4 }); print($r); }",
        "1\n2\n3\n{ .a = 4, .b = 3 }\n",
    ),
    (
        "begin { @m[1, (2, \"x\")] = 1; $t = (1, (2, \"x\")); print(@m[$t]); print(sizeof(((int8)1, (int64)1, (int8)1))); clear(@m); }",
        "1\n24\n",
    ),
    // Pointers: to variables and maps, in steps of elements.
    (
        "begin { $x = 5; $p = &$x; print(*$p); $s = \"hello\"; $c = (int8 *)&$s; printf(\"%c%c\\n\", *$c, *++$c); }",
        "5\nhe\n",
    ),
    (
        "begin { $t = (1, \"hello\", 2); print(*(&$t)); @m = (uint32)7; print(*&@m); delete(@m); }",
        "(1, hello, 2)\n7\n",
    ),
    (
        "begin { @p = (int32 *)0x32; @p++; @p += 2; print((@p, 1)); @p -= 1; print((@p, 2)); $q = (int64 *)16; --$q; print($q); delete(@p); }",
        "(0x3e, 1)\n(0x3a, 2)\n0x8\n",
    ),
    (
        "begin { $a = (int64 *)0x32; $a++; print(0x32 < $a && $a > 0x32); print($a == (int64 *)0x3a); }",
        "true\ntrue\n",
    ),
    (
        "struct b { unsigned int lo:4; unsigned int hi:12; } begin { $v = (uint32)0xabc5; $b = *(struct b *)&$v; print(($b.lo, $b.hi)); print($b); }",
        "(5, 2748)\n{ .lo = 5, .hi = 2748 }\n",
    ),
    // Maps that are only read hold zeros; those that are only counted up are numbers.
    (
        "begin { print(@never[1]); @n++; @n += 5; print((@n, 1)); if (@nothing) { print(1); } else { print(2); } delete(@n); }",
        "0\n(6, 1)\n2\n",
    ),
    // A value that is wanted twice is made once.
    (
        "begin { $x = 0; print($x++ ?: 7); print($x++ ?: 7); print(\"\" == \"\" ? \"same\" : \"not\"); }",
        "7\n1\nsame\n",
    ),
    // Text of a declared size.
    (
        "begin { let $s: string[4] = \"ab\"; print(($s, sizeof($s))); $s = \"abc\"; print($s); let $t: string = \"abcdef\"; print(sizeof($t)); }",
        "(ab, 4)\nabc\n7\n",
    ),
    (
        "begin { $b = buf(\"hi\", 2); $c = buf(\"ho\", 2); print(($b == $b, $b != $c, $b == $c)); }",
        "(true, true, false)\n",
    ),
];

#[test]
fn the_same_in_both_worlds() {
    let mut wrong = Vec::new();
    for (text, expected) in CASES {
        let expected = format!("{expected}\n\n");
        for world in [&["-q", "--no-warnings"][..], &["-q", "--no-warnings", "--vm"]] {
            let done = run(osmia().args(world).args(["-e", text]));
            let errors = done.err.lines().filter(|line| line.contains("ERROR")).count();
            if !done.status.success() || done.out != expected || errors > 0 {
                wrong.push(format!(
                    "{world:?} {text}\n  wanted {expected:?}\n  got    {:?}\n{}",
                    done.out, done.err
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_goes_wrong_while_it_runs_is_told_with_its_place() {
    let script =
        "begin { $z = (uint64)0; $q = (uint64)1 / $z; $a = (int8[])\"abc\"; $i = (uint64)9; print($a[$i]); }";
    for world in [&["-q"][..], &["-q", "--vm"]] {
        let done = run(osmia().args(world).args(["-e", script]));
        let (out, err) = (&done.out, &done.err);
        assert!(
            err.contains("stdin:1:30-44: WARNING: Divide or modulo by 0 detected."),
            "{world:?} {out}\n{err}"
        );
        assert!(
            err.contains("stdin:1:88-94: WARNING: Array access out of bounds."),
            "{world:?} {out}\n{err}"
        );
        assert!(out.starts_with("0\n"), "{world:?} {out}");
    }
}

#[test]
fn maps_are_of_the_kind_that_they_are_declared() {
    let full = "let @a = hash(1); begin { @a[1] = 1; @a[2] = 2; }";
    let done = run(osmia().args(["-q", "-e", full]));
    assert!(done.err.contains("Map full; can't update element."), "{done:?}");
    for (kind, value) in [("lruhash", "1"), ("percpulruhash", "count()")] {
        let script =
            format!("let @a = {kind}(1); begin {{ @a[1] = {value}; @a[2] = {value}; @a[3] = {value}; }}");
        let done = run(osmia().args(["-q", "-e", &script]));
        assert!(!done.err.contains("Map full") && done.out.contains("@a["), "{done:?}");
    }
}
