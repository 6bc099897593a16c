/* What a header of GRE has. */
#define GRE_IS_CSUM(flags) ((flags) & GRE_CSUM)
#define GRE_IS_ROUTING(flags) ((flags) & GRE_ROUTING)
#define GRE_IS_KEY(flags) ((flags) & GRE_KEY)
#define GRE_IS_SEQ(flags) ((flags) & GRE_SEQ)
#define GRE_IS_STRICT(flags) ((flags) & GRE_STRICT)
#define GRE_IS_REC(flags) ((flags) & GRE_REC)
#define GRE_IS_ACK(flags) ((flags) & GRE_ACK)
