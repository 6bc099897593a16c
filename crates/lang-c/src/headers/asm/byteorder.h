/* Numbers in another byte order than the processor's. */
#pragma once

#include <linux/swab.h>
#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#ifndef __LITTLE_ENDIAN_BITFIELD
#define __LITTLE_ENDIAN_BITFIELD
#endif
#define ___big(bits, x) __builtin_bswap##bits(x)
#define ___little(bits, x) ((__u##bits)(x))
#else
#ifndef __BIG_ENDIAN
#define __BIG_ENDIAN 4321
#endif
#ifndef __BIG_ENDIAN_BITFIELD
#define __BIG_ENDIAN_BITFIELD
#endif
#define ___big(bits, x) ((__u##bits)(x))
#define ___little(bits, x) __builtin_bswap##bits(x)
#endif

#define __constant_htons(x) ___big(16, x)
#define __constant_ntohs(x) ___big(16, x)
#define __constant_htonl(x) ___big(32, x)
#define __constant_ntohl(x) ___big(32, x)
#define __constant_cpu_to_be16(x) ___big(16, x)
#define __constant_be16_to_cpu(x) ___big(16, x)
#define __constant_cpu_to_le16(x) ___little(16, x)
#define __constant_le16_to_cpu(x) ___little(16, x)
#define __constant_cpu_to_be32(x) ___big(32, x)
#define __constant_be32_to_cpu(x) ___big(32, x)
#define __constant_cpu_to_le32(x) ___little(32, x)
#define __constant_le32_to_cpu(x) ___little(32, x)
#define __constant_cpu_to_be64(x) ___big(64, x)
#define __constant_be64_to_cpu(x) ___big(64, x)
#define __constant_cpu_to_le64(x) ___little(64, x)
#define __constant_le64_to_cpu(x) ___little(64, x)
#define __cpu_to_be16(x) ___big(16, x)
#define __be16_to_cpu(x) ___big(16, x)
#define __cpu_to_le16(x) ___little(16, x)
#define __le16_to_cpu(x) ___little(16, x)
#define __cpu_to_be32(x) ___big(32, x)
#define __be32_to_cpu(x) ___big(32, x)
#define __cpu_to_le32(x) ___little(32, x)
#define __le32_to_cpu(x) ___little(32, x)
#define __cpu_to_be64(x) ___big(64, x)
#define __be64_to_cpu(x) ___big(64, x)
#define __cpu_to_le64(x) ___little(64, x)
#define __le64_to_cpu(x) ___little(64, x)
