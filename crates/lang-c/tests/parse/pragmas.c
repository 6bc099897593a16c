#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
struct relocated { int a; struct { int b; }; };
union also { int a; };
struct only_declared;
enum not_this { A };
typedef struct { int c; } typed;
#pragma clang attribute push ([[gnu::unused]], apply_to = any(function, variable, enum))
struct both { int a; } variable;
enum this { B };
int function(void) { int local; return local; }
typedef int not_a_variable;
#pragma clang attribute pop
#pragma clang attribute pop
struct plain { int a; };
#pragma pack(push, 1)
struct one { int a; };
#pragma pack(2)
struct two { int a; };
#pragma pack(pop)
struct none { int a; };
#pragma pack(push, name, 4)
#pragma pack()
struct natural { int a; };
#pragma pack(pop, name)
struct none_again { int a; };
void loops(int n) {
#pragma unroll
	for (int i = 0; i < n; i++) ;
#pragma unroll 4
	while (n) n--;
#pragma clang loop unroll(full)
	do n++; while (n < 3);
#pragma clang loop unroll(disable) vectorize(enable)
	for (;;) ;
#pragma clang loop unroll_count(8)
	for (;;) ;
#pragma GCC unroll 2
	for (;;) ;
#pragma nounroll
	for (;;) ;
#pragma unroll(1)
	for (;;)
		for (;;) ;
	for (;;)
#pragma unroll
		for (;;) ;
#pragma GCC diagnostic push
	_Pragma("unroll") for (;;) ;
	for (;;) ;
}
---- expect
(declare (struct relocated @preserve_access_index {
  (member int a)
  (member (struct @preserve_access_index {
    (member int b)}))}))
(declare (union also @preserve_access_index {
  (member int a)}))
(declare (struct only_declared))
(declare (enum not_this { A }))
(declare typedef (struct @preserve_access_index {
  (member int c)}) typed)
(declare (struct both @preserve_access_index {
  (member int a)}) variable @unused)
(declare (enum this @unused { B }))
(function int @unused function (fn)
  {
    (declare int local @unused)
    (return local)})
(declare typedef int not_a_variable)
(declare (struct plain {
  (member int a)}))
(declare (struct one @pragma_pack(1) {
  (member int a)}))
(declare (struct two @pragma_pack(2) {
  (member int a)}))
(declare (struct none {
  (member int a)}))
(declare (struct natural {
  (member int a)}))
(declare (struct none_again {
  (member int a)}))
(function void loops (fn (int n))
  {
    (for (declare int i = 0) (< i n) (_++ i)
      () #unroll)
    (while n
      (_-- n) #unroll(4))
    (do
      (_++ n) (< n 3) #unroll)
    (for () () ()
      () #never)
    (for () () ()
      () #unroll(8))
    (for () () ()
      () #unroll(2))
    (for () () ()
      () #never)
    (for () () ()
      (for () () ()
        ()) #never)
    (for () () ()
      (for () () ()
        () #unroll))
    (for () () ()
      () #unroll)
    (for () () ()
      ())})
