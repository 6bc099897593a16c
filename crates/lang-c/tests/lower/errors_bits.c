// Bits that lie in no eight bytes, asked of the running kernel.
#define SEC(x) __attribute__((section(x), used))
struct wide { unsigned char a : 5; long b : 60, c : 64; } __attribute__((packed, preserve_access_index));
SEC("kprobe") long prog(struct wide *w)
{
	w->b = w->a;
	return w->c + __builtin_preserve_field_info(w->b, 0) + __builtin_preserve_field_info(w->b, 2);
}
---- expect
test.c:6:2-6: ERROR: these bits lie in no eight bytes that can be loaded at once
    w->b = w->a;
    ~~~~
HINT: where the running kernel has them is only found of such: leave `preserve_access_index` away
test.c:7:9-13: ERROR: these bits lie in no eight bytes that can be loaded at once
    return w->c + __builtin_preserve_field_info(w->b, 0) + __builtin_preserve_field_info(w->b, 2);
           ~~~~
HINT: where the running kernel has them is only found of such: leave `preserve_access_index` away
test.c:7:16-54: ERROR: these bits lie in no eight bytes that can be loaded at once
    return w->c + __builtin_preserve_field_info(w->b, 0) + __builtin_preserve_field_info(w->b, 2);
                  ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
HINT: where the running kernel has them is only found of such: leave `preserve_access_index` away
