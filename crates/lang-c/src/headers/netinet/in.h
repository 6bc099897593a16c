/* Numbers in the byte order of networks. */
#include <asm/byteorder.h>

#define htons(x) __cpu_to_be16(x)
#define ntohs(x) __be16_to_cpu(x)
#define htonl(x) __cpu_to_be32(x)
#define ntohl(x) __be32_to_cpu(x)

typedef __u16 in_port_t;
typedef __u32 in_addr_t;
