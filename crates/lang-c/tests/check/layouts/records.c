// Sizes, alignments and places as clang has them for BPF.
struct a1 { char a; int b:3; int :0; char c; long d:40; short e:5; };
struct a2 { char a; long b:33; int c:31; _Bool d:1; unsigned :3; char e:7; } ;
struct a3 { char a; int b:5, c:20; long d; } __attribute__((packed));
struct a4 { int a; char b; } __attribute__((aligned(16)));
struct a5 { char a; int b __attribute__((packed)); short c __attribute__((aligned(8))); };
#pragma pack(push, 2)
struct a6 { char a; int b; long c; int d:9; int e:30; };
#pragma pack(pop)
struct a7 { char a; __int128 b; };
union a8 { char a; int b:3; short c[3]; };
struct a9 { int n; struct { char x; union { long y; char z; }; }; char f[]; };
struct b1 { int a:31; int b:2; char c; int :5; char d:3; };
struct b2 { char a; int :0; };
struct b3 { char a:4; int b:30; char c:4; } __attribute__((packed));
enum e1 { A, B } ; enum e2 { C = -1 }; enum e3 { D = 0x100000000 }; enum __attribute__((packed)) e4 { E = 200 };
struct b4 { char x; enum e1 a; enum e2 b; enum e3 c; enum e4 d; enum e1 f:2; };
typedef int ai __attribute__((aligned(16)));
struct b5 { char a; ai b; char c; };
typedef long ul __attribute__((aligned(1)));
struct b6 { char a; ul b; };
struct b7 { char a; struct a3 b; struct a4 c; };
struct b8 { int a:4 __attribute__((aligned(8))); int b:4; };
#pragma pack(push, 1)
struct b9 { char a; int b:7; int c:30; long d __attribute__((aligned(8))); };
#pragma pack(pop)
struct c1 { _Bool a:1, b:1; _Bool c; unsigned long d:64; unsigned char e:8, f:1; };
struct c2 { }; struct c3 { struct c2 a; int b; };
struct c4 { short a:9; short b:9; long c:7; };
struct c5 { char a; long b:4; } __attribute__((packed, aligned(4)));
struct c6 { unsigned long a:1; unsigned int b; };
union c7 { long a:3; char :0; } ;
struct c8 { char a; int b[0]; };
---- expect
struct a1: 16 bytes, aligned to 8
  0 a char
  1:0 b int : 3
  4:0 - int : 0
  4 c char
  8:0 d long : 40
  13:0 e short : 5
struct a2: 16 bytes, aligned to 8
  0 a char
  1:0 b long : 33
  8:0 c int : 31
  11:7 d _Bool : 1
  12:0 - unsigned int : 3
  13:0 e char : 7
struct a3: 13 bytes, aligned to 1
  0 a char
  1:0 b int : 5
  1:5 c int : 20
  5 d long
struct a4: 16 bytes, aligned to 16
  0 a int
  4 b char
struct a5: 16 bytes, aligned to 8
  0 a char
  1 b int
  8 c short
struct a6: 20 bytes, aligned to 2
  0 a char
  2 b int
  6 c long
  14:0 d int : 9
  15:1 e int : 30
struct a7: 32 bytes, aligned to 16
  0 a char
  16 b __int128
union a8: 8 bytes, aligned to 4
  0 a char
  0:0 b int : 3
  0 c short [3]
struct a9: 24 bytes, aligned to 8
  0 n int
  8 - unnamed struct
  24 f char []
unnamed struct: 16 bytes, aligned to 8
  0 x char
  8 - unnamed union
unnamed union: 8 bytes, aligned to 8
  0 y long
  0 z char
struct b1: 8 bytes, aligned to 4
  0:0 a int : 31
  4:0 b int : 2
  5 c char
  6:0 - int : 5
  6:5 d char : 3
struct b2: 4 bytes, aligned to 1
  0 a char
  4:0 - int : 0
struct b3: 5 bytes, aligned to 1
  0:0 a char : 4
  0:4 b int : 30
  4:2 c char : 4
struct b4: 32 bytes, aligned to 8
  0 x char
  4 a enum e1
  8 b enum e2
  16 c enum e3
  24 d enum e4
  25:0 f enum e1 : 2
struct b5: 32 bytes, aligned to 16
  0 a char
  16 b ai
  20 c char
struct b6: 9 bytes, aligned to 1
  0 a char
  1 b ul
struct b7: 32 bytes, aligned to 16
  0 a char
  1 b struct a3
  16 c struct a4
struct b8: 8 bytes, aligned to 8
  0:0 a int : 4
  0:4 b int : 4
struct b9: 14 bytes, aligned to 1
  0 a char
  1:0 b int : 7
  1:7 c int : 30
  6 d long
struct c1: 24 bytes, aligned to 8
  0:0 a _Bool : 1
  0:1 b _Bool : 1
  1 c _Bool
  8:0 d unsigned long : 64
  16:0 e unsigned char : 8
  17:0 f unsigned char : 1
struct c2: 0 bytes, aligned to 1
struct c3: 4 bytes, aligned to 4
  0 a struct c2
  0 b int
struct c4: 8 bytes, aligned to 8
  0:0 a short : 9
  2:0 b short : 9
  3:1 c long : 7
struct c5: 4 bytes, aligned to 4
  0 a char
  1:0 b long : 4
struct c6: 8 bytes, aligned to 8
  0:0 a unsigned long : 1
  4 b unsigned int
union c7: 8 bytes, aligned to 8
  0:0 a long : 3
  0:0 - char : 0
struct c8: 4 bytes, aligned to 4
  0 a char
  4 b int [0]
