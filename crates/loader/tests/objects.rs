//! Objects of clang's in the real kernel: what only a whole object has.
mod common;

use common::clang;
use osmia_host::{Wants, gather};
use osmia_loader::{Choice, LoadError, LoadOptions, Loaded, load, run_once};
use osmia_object::{Image, resolve_each, wants};
use osmia_sys::Errno;
use osmia_sys::bpf::TestRun;

/// What all sources begin with.
const HEAD: &str = "
    #define SEC(x) __attribute__((section(x), used))
    #define __ksym __attribute__((section(\".ksyms\")))
    typedef unsigned int u32;
    typedef unsigned long long u64;
    char LICENSE[] SEC(\"license\") = \"GPL\";";

/// Compiles a text and makes it fit for this machine.
fn fitted(name: &str, text: &str) -> Result<Image, String> {
    let object = clang(name, &format!("{HEAD}{text}"));
    let target = gather(&Wants::from(wants(&object))).unwrap();
    resolve_each(&object, &target, name).map_err(|errors| errors.to_string())
}

fn image(name: &str, text: &str) -> Image {
    fitted(name, text).unwrap_or_else(|error| panic!("{error}"))
}

fn loaded(image: &Image) -> Loaded {
    load(image, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The image of what came in Linux `since`; on an older kernel nothing, and it must refuse.
fn image_since(since: (u32, u32), name: &str, text: &str) -> Option<Image> {
    let code = osmia_host::kernel_version().unwrap().code;
    if code >= since.0 << 16 | since.1 << 8 {
        return Some(image(name, text));
    }
    let refused = match fitted(name, text) {
        Ok(image) => load(&image, &LoadOptions::default()).map(drop).map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    assert!(refused.is_err(), "it came in Linux {since:?}, and this older kernel takes it");
    None
}

#[test]
fn a_structure_of_functions_is_registered_and_counted_by_the_kernel() {
    let image = image(
        "ops",
        "
        struct sock;
        struct tcp_congestion_ops {
            char name[16];
            u32 (*ssthresh)(struct sock *sk);
            void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
            u32 (*undo_cwnd)(struct sock *sk);
        };
        SEC(\"struct_ops\") u32 ssthresh(u64 *ctx) { return 5; }
        SEC(\"struct_ops\") int cong_avoid(u64 *ctx) { return 0; }
        SEC(\"struct_ops\") u32 undo_cwnd(u64 *ctx) { return 7; }
        SEC(\".struct_ops\") struct tcp_congestion_ops ops =
            { \"osmia_test\", (void *)ssthresh, (void *)cong_avoid, (void *)undo_cwnd };",
    );
    let loaded = loaded(&image);
    let map = loaded.map("ops").unwrap();
    let structure = map.structure.as_ref().unwrap();
    assert_eq!(
        (structure.name.as_str(), structure.missing.len(), structure.link),
        ("tcp_congestion_ops", 0, false)
    );
    map.fd.update(&[0; 4], &structure.value, 0).unwrap();
    let known = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").unwrap();
    assert!(known.contains("osmia_test"), "{known}");
    map.fd.delete(&[0; 4]).unwrap();
    let one = LoadOptions { programs: Choice::Named(vec!["ssthresh".to_owned()]), ..LoadOptions::default() };
    let partly = load(&image, &one).unwrap();
    let missing = &partly.map("ops").unwrap().structure.as_ref().unwrap().missing;
    assert_eq!(missing, &["cong_avoid", "undo_cwnd"]);
}

#[test]
fn an_arena_holds_its_variables() {
    let text = "
        #define __arena __attribute__((address_space(1)))
        SEC(\".maps\") struct { int (*type)[33]; int (*map_flags)[1024]; int (*max_entries)[4]; } arena;
        u64 __arena first SEC(\".addr_space.1\") = 40;
        u64 __arena second SEC(\".addr_space.1\") = 2;
        SEC(\"syscall\") int run(void *ctx) {
            if (!&arena) return 1;
            first += second;
            return 0;
        }";
    let Some(image) = image_since((6, 9), "arena", text) else { return };
    let at = image.maps[0].arena.as_ref().unwrap().offset as usize;
    let loaded = loaded(&image);
    let memory = loaded.map("arena").unwrap().memory.as_ref().unwrap();
    assert_eq!((memory.load_u64(0, at), memory.load_u64(0, at + 8)), (Ok(40), Ok(2)));
    assert_eq!(run_once(&loaded.programs[0]).unwrap().returned, 0);
    assert_eq!(memory.load_u64(0, at), Ok(42));
    assert_ne!(memory.address(), 0);
}

#[test]
fn an_exception_is_caught_by_the_function_that_is_named() {
    let text = "
        extern void bpf_throw(u64 cookie) __ksym;
        __attribute__((noinline)) int caught(u64 cookie) { return cookie + 2; }
        __attribute__((btf_decl_tag(\"exception_callback:caught\")))
        SEC(\"tc\") int run(void *ctx) { bpf_throw(40); return 0; }";
    let Some(image) = image_since((6, 7), "caught", text) else { return };
    let loaded = loaded(&image);
    let result = TestRun { data: &[0; 14], ..TestRun::default() }.call(&loaded.programs[0].fd).unwrap();
    assert_eq!(result.returned, 42);
}

#[test]
fn kernel_functions_are_called_and_missing_ones_are_not() {
    let text = "
        extern void bpf_rcu_read_lock(void) __ksym;
        extern void bpf_rcu_read_unlock___flavour(void) __ksym;
        extern void no_such_function(int) __ksym __attribute__((weak));
        extern const void no_such_symbol __ksym __attribute__((weak));
        SEC(\"syscall\") int run(void *ctx) {
            bpf_rcu_read_lock();
            bpf_rcu_read_unlock___flavour();
            if (no_such_function) no_such_function(1);
            return no_such_function != 0 || &no_such_symbol != 0 ? 1 : 2;
        }";
    let Some(image) = image_since((6, 4), "kfuncs", text) else { return };
    assert_eq!(run_once(&loaded(&image).programs[0]).unwrap().returned, 2);
}

#[test]
fn programs_whose_section_says_nothing_are_left_out_unless_asked_for() {
    let text =
        "SEC(\"nothing\") int odd(void *ctx) { return 0; } SEC(\"xdp\") int run(void *ctx) { return 2; }";
    let image = image("odd", text);
    let loaded = loaded(&image);
    assert_eq!((loaded.programs.len(), loaded.skipped.len()), (1, 1));
    assert_eq!(loaded.skipped[0].0, "odd");
    let odd = LoadOptions { programs: Choice::Named(vec!["odd".to_owned()]), ..LoadOptions::default() };
    let Err(LoadError::Unfit(errors)) = load(&image, &odd) else { panic!("it was loaded") };
    assert!(errors.to_string().contains("the section `nothing` says nothing"), "{errors}");
}

#[test]
fn a_context_by_its_tag_is_one_on_every_kernel() {
    let text = "
        static long (*get_func_ip)(void *ctx) = (void *)173;
        __attribute__((noinline)) int helped(void *ctx __attribute__((btf_decl_tag(\"arg:ctx\")))) {
            return get_func_ip(ctx) != 0;
        }
        SEC(\"kprobe\") int run(void *ctx) { return helped(ctx); }";
    assert_eq!(loaded(&image("context", text)).programs.len(), 1);
}

#[test]
fn constants_belong_to_each_program() {
    let text = "
        const volatile int bpf_metadata_version SEC(\".rodata\") = 3;
        SEC(\"xdp\") int run(void *ctx) { return 2; }";
    let loaded = loaded(&image("constants", text));
    let constants = loaded.maps.iter().find(|map| map.name.ends_with(".rodata")).unwrap();
    let id = osmia_sys::bpf::map_info(&constants.fd).unwrap().id;
    assert_eq!(osmia_sys::bpf::prog_detail(&loaded.programs[0].fd).unwrap().detail.map_ids, [id]);
}

#[test]
fn a_token_that_nobody_gives_is_an_error_with_its_mount() {
    let image = image("token", "SEC(\"xdp\") int run(void *ctx) { return 2; }");
    let options = LoadOptions { token: Some("/proc".into()), ..LoadOptions::default() };
    let Err(LoadError::Token { path, errno }) = load(&image, &options) else { panic!("a token of /proc") };
    assert!(path.as_os_str() == "/proc" && errno != Errno(0), "{errno}");
    let none = LoadOptions { token: Some("".into()), ..LoadOptions::default() };
    assert!(load(&image, &none).is_ok());
}
