struct empty {};
struct declared;
union declared_union;
struct point { int x, y; } origin, *nearest;
struct bits { unsigned a : 3, b : 5; unsigned : 0; int c : 2 __attribute__((packed)); const int d : 1; enum e f : 4; };
struct outer {
	struct { int a; union { int b; char c[4]; }; };
	struct inner { int d; } e, *f;
	int (*callback)(struct outer *, int);
	struct point points[2];
	_Static_assert(1, "text");
	int last[];
};
struct __attribute__((packed)) before { int a; };
struct behind { int a; } __attribute__((aligned(8), packed));
struct behind_tag __attribute__((packed)) { char a; long b; };
typedef struct { int a; } __attribute__((preserve_access_index)) named;
union u { int a; long b; };
enum color { RED, GREEN = 5, BLUE = GREEN + 1, };
enum { ALONE };
enum color favourite;
enum small : unsigned char { SMALL } __attribute__((flag_enum));
enum __attribute__((packed)) tiny { TINY __attribute__((deprecated)) = 1, };
struct without_last_semicolon { int a };
struct { struct point; int named; } extension;
---- expect
(declare (struct empty {}))
(declare (struct declared))
(declare (union declared_union))
(declare (struct point {
  (member int x y)}) origin nearest *)
(declare (struct bits {
  (member unsigned int a : 3 b : 5)
  (member unsigned int _ : 0)
  (member int c @packed : 2)
  (member const int d : 1)
  (member (enum e) f : 4)}))
(declare (struct outer {
  (member (struct {
    (member int a)
    (member (union {
      (member int b)
      (member char c [4])}))}))
  (member (struct inner {
    (member int d)}) e f *)
  (member int callback * (fn ((struct outer) _ *) (int _)))
  (member (struct point) points [2])
  (assert 1 "text")
  (member int last [])}))
(declare (struct before @packed {
  (member int a)}))
(declare (struct behind @aligned(8) @packed {
  (member int a)}) @aligned(8) @packed)
(declare (struct behind_tag @packed {
  (member char a)
  (member long b)}))
(declare typedef (struct @preserve_access_index {
  (member int a)}) @preserve_access_index named)
(declare (union u {
  (member int a)
  (member long b)}))
(declare (enum color { RED GREEN=5 BLUE=(+ GREEN 1) }))
(declare (enum { ALONE }))
(declare (enum color) favourite)
(declare (enum small : unsigned char @flag_enum { SMALL }) @flag_enum)
(declare (enum tiny @packed { TINY=1 }))
(declare (struct without_last_semicolon {
  (member int a)}))
(declare (struct {
  (member (struct point))
  (member int named)}) extension)
