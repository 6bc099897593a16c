// What a ring buffer takes and refuses.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct event { __u64 number; char text[24]; };

__u64 refused, answers[4];

SEC("raw_tp")
int run(struct bpf_raw_tracepoint_args *ctx)
{
	for (int i = 0; i < 8; i++) {
		struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
		if (!event) {
			refused++;
			continue;
		}
		event->number = i;
		for (int at = 0; at < 24; at++)
			event->text[at] = 'a' + at;
		if (i == 3)
			bpf_ringbuf_discard(event, 0);
		else
			bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	}
	char big[300] = "begin";
	for (int i = 0; i < 20; i++) {
		long error = bpf_ringbuf_output(&events, big, 100 + i * 10, 0);
		answers[0] = answers[0] * 7 + error;
	}
	answers[1] = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	answers[2] = bpf_ringbuf_query(&events, BPF_RB_RING_SIZE);
	answers[3] = bpf_ringbuf_query(&events, BPF_RB_PROD_POS);
	void *never = bpf_ringbuf_reserve(&events, 8192, 0);
	if (never)
		bpf_ringbuf_discard(never, 0);
	else
		refused += 100;
	return bpf_ringbuf_output(&events, big, 8, 64) + refused;
}

char LICENSE[] SEC("license") = "GPL";
