//! The parts of a C skeleton that only the object's name changes: `@` stands for it, `%` for it in capitals.

pub(crate) const OPENING: &str = "\
/* Made by osmia from a BPF object: handles for its maps, programs, links and global variables. */
#ifndef __%_SKEL_H__
#define __%_SKEL_H__

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <bpf/libbpf.h>

";

pub(crate) const METHODS: &str = "
#ifdef __cplusplus
	static inline struct @ *open(const struct bpf_object_open_opts *opts = nullptr);
	static inline struct @ *open_and_load();
	static inline int load(struct @ *skel);
	static inline int attach(struct @ *skel);
	static inline void detach(struct @ *skel);
	static inline void destroy(struct @ *skel);
	static inline const void *elf_bytes(size_t *sz);
#endif
};

static inline const void *@__elf_bytes(size_t *sz);

/* Gives back all that the skeleton holds; nothing is left loaded or attached that is not pinned. */
static inline void @__destroy(struct @ *skel)
{
	if (skel) {
		if (skel->skeleton)
			bpf_object__destroy_skeleton(skel->skeleton);
		free(skel);
	}
}

";

pub(crate) const FUNCTIONS: &str = "\
/* Parses the object; NULL and errno if that fails. What is to be set before loading is set then. */
static inline struct @ *@__open_opts(const struct bpf_object_open_opts *opts)
{
	struct @ *skel = (struct @ *)calloc(1, sizeof(*skel));
	int err = skel ? @__describe(skel) : -ENOMEM;

	if (!err)
		err = bpf_object__open_skeleton(skel->skeleton, opts);
	if (err) {
		@__destroy(skel);
		errno = -err;
		return NULL;
	}
	@__structures(skel);
	return skel;
}

static inline struct @ *@__open(void)
{
	return @__open_opts(NULL);
}

static inline int @__load(struct @ *skel)
{
	return bpf_object__load_skeleton(skel->skeleton);
}

static inline struct @ *@__open_and_load(void)
{
	struct @ *skel = @__open();
	int err = skel ? @__load(skel) : 0;

	if (err) {
		@__destroy(skel);
		errno = -err;
		return NULL;
	}
	return skel;
}

static inline int @__attach(struct @ *skel)
{
	return bpf_object__attach_skeleton(skel->skeleton);
}

static inline void @__detach(struct @ *skel)
{
	bpf_object__detach_skeleton(skel->skeleton);
}

";

pub(crate) const CLOSING: &str = "\
#ifdef __cplusplus
struct @ *@::open(const struct bpf_object_open_opts *opts) { return @__open_opts(opts); }
struct @ *@::open_and_load() { return @__open_and_load(); }
int @::load(struct @ *skel) { return @__load(skel); }
int @::attach(struct @ *skel) { return @__attach(skel); }
void @::detach(struct @ *skel) { @__detach(skel); }
void @::destroy(struct @ *skel) { @__destroy(skel); }
const void *@::elf_bytes(size_t *sz) { return @__elf_bytes(sz); }
#endif

#endif
";

pub(crate) const LIGHT_OPENING: &str = "\
/* Made by osmia from a BPF object: handles for its maps, programs and links, global variables, and the program that loads it. */
#ifndef __%_SKEL_H__
#define __%_SKEL_H__

#ifndef __KERNEL__
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#endif
#include <bpf/skel_internal.h>

";

pub(crate) const LIGHT_CLOSING: &str = "\
static inline struct @ *@__open_and_load(void)
{
	struct @ *skel = @__open();

	if (skel && @__load(skel)) {
		@__destroy(skel);
		return NULL;
	}
	return skel;
}

#endif
";

/// The part for an object of this name.
pub(crate) fn fill(part: &str, name: &str) -> String {
    part.replace('@', name).replace('%', &name.to_uppercase())
}
