/* C11 7.2: what is known while compiling. Nothing of BPF ends a program at a condition, so that there is no assert(). */
#pragma once

#define static_assert _Static_assert
