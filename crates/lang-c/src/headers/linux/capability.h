/* Where a capability is in words of 32 bits. */
#define cap_valid(capability) ((capability) >= 0 && (capability) <= CAP_LAST_CAP)
#define CAP_TO_INDEX(capability) ((capability) >> 5)
#define CAP_TO_MASK(capability) (1U << ((capability) & 31))
