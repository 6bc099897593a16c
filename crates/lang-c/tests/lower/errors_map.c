// Maps that are none.
#define SEC(x) __attribute__((section(x), used))
struct { int (*type)[1]; int (*wrong)[2]; } one SEC(".maps");
struct { int (*max_entries)[1]; } two SEC(".maps");
int three SEC(".maps");
SEC("kprobe") int prog(void *ctx) { return 0; }
---- expect
test.c:3:45-48: ERROR: the map `one` cannot be made: nobody knows an attribute `wrong`
struct { int (*type)[1]; int (*wrong)[2]; } one SEC(".maps");
                                            ~~~
test.c:4:35-38: ERROR: the map `two` cannot be made: it has no `type`
struct { int (*max_entries)[1]; } two SEC(".maps");
                                  ~~~
test.c:5:5-10: ERROR: the map `three` cannot be made: it is not declared as a structure
int three SEC(".maps");
    ~~~~~
