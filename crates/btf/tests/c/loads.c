/* The same without what the kernel would have to have. */
#define NO_EXTERN
#include "kinds.c"
