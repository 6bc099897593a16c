/* C11 7.24: what the compiler itself can do. */
#pragma once

#include <stddef.h>

#ifndef memcpy
#define memcpy __builtin_memcpy
#endif
#ifndef memmove
#define memmove __builtin_memmove
#endif
#ifndef memset
#define memset __builtin_memset
#endif
#ifndef memcmp
#define memcmp __builtin_memcmp
#endif
#ifndef strlen
#define strlen __builtin_strlen
#endif
