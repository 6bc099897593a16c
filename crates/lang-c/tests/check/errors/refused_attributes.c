// Attributes that are not known yet matter where something is made of what has them.
#define ARENA __attribute__((address_space(1)))
extern void ARENA *uncalled(void *map, void ARENA *at) __attribute__((section(".ksyms")));
extern void called(void ARENA *at) __attribute__((section(".ksyms")));
int ARENA *variable;
int prog(void) { int ARENA *local = 0; called(0); return 0; }
---- expect
unit.c:2:30-46: ERROR: the attribute `address_space` is not known yet
#define ARENA __attribute__((address_space(1)))
                             ~~~~~~~~~~~~~~~~
unit.c:4:25-30: ERROR: expanded from
extern void called(void ARENA *at) __attribute__((section(".ksyms")));
                        ~~~~~
unit.c:2:30-46: ERROR: the attribute `address_space` is not known yet
#define ARENA __attribute__((address_space(1)))
                             ~~~~~~~~~~~~~~~~
unit.c:5:5-10: ERROR: expanded from
int ARENA *variable;
    ~~~~~
unit.c:2:30-46: ERROR: the attribute `address_space` is not known yet
#define ARENA __attribute__((address_space(1)))
                             ~~~~~~~~~~~~~~~~
unit.c:6:22-27: ERROR: expanded from
int prog(void) { int ARENA *local = 0; called(0); return 0; }
                     ~~~~~
