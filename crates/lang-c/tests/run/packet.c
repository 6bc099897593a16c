// A packet, read and changed.
#define SEC(x) __attribute__((section(x), used))
#define MIX(sum, v) (sum = sum * 31 + (v))
char LICENSE[] SEC("license") = "GPL";
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
struct xdp_md { u32 data; u32 data_end; u32 data_meta; u32 ingress_ifindex; u32 rx_queue_index; u32 egress_ifindex; };
struct eth { u8 to[6]; u8 from[6]; u16 proto; };
struct ip { u8 ihl : 4, version : 4; u8 tos; u16 len; u16 id; u16 off; u8 ttl; u8 proto; u16 check; u32 from; u32 to; };
struct cursor { void *at; void *end; };

static inline struct eth *header(struct cursor *c)
{
	struct eth *eth = c->at;
	if ((void *)(eth + 1) > c->end)
		return 0;
	c->at = eth + 1;
	return eth;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
	u32 sum = 1;
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct eth *eth = header(&c);
	if (!eth) return 1;
	struct ip *ip = c.at;
	if ((void *)ip + sizeof(*ip) > c.end) return 2;
	MIX(sum, eth->proto); MIX(sum, __builtin_bswap16(eth->proto));
	for (int i = 0; i < 6; i++) MIX(sum, eth->to[i]);
	u8 mac[6];
	__builtin_memcpy(mac, eth->from, 6);
	__builtin_memcpy(eth->from, eth->to, 6);
	__builtin_memcpy(eth->to, mac, 6);
	MIX(sum, eth->to[5]); MIX(sum, eth->from[0]);
	struct eth copy = *eth;
	copy.proto++;
	*eth = copy;
	MIX(sum, eth->proto);
	MIX(sum, ip->ihl); MIX(sum, ip->version); MIX(sum, ip->len); ip->ihl = 7; ip->ttl--; MIX(sum, ip->ttl + ip->ihl); MIX(sum, ip->from ^ ip->to);
	u8 *p = (u8 *)(ip + 1), *end = (void *)(long)ctx->data_end;
	for (int i = 0; i < 10 && p + i + 1 <= end; i++) { MIX(sum, p[i]); }
	MIX(sum, end - (u8 *)eth);
	return sum;
}
---- expect
3681996577
