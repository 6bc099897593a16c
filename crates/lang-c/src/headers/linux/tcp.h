#include <asm/byteorder.h>

/* The word of a header that has the flags. */
#define tcp_flag_word(header) (((union tcp_word_hdr *)(header))->words[3])
