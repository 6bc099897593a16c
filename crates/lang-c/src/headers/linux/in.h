#include <asm/byteorder.h>

#define sin_zero __pad

/* Classes of addresses, in the processor's byte order. */
#define IN_CLASSA(address) ((((long)(address)) & 0x80000000) == 0)
#define IN_CLASSB(address) ((((long)(address)) & 0xc0000000) == 0x80000000)
#define IN_CLASSC(address) ((((long)(address)) & 0xe0000000) == 0xc0000000)
#define IN_CLASSD(address) ((((long)(address)) & 0xf0000000) == 0xe0000000)
#define IN_CLASSE(address) ((((long)(address)) & 0xf0000000) == 0xf0000000)
#define IN_MULTICAST(address) IN_CLASSD(address)
#define IN_LOOPBACK(address) ((((long)(address)) & 0xff000000) == 0x7f000000)
