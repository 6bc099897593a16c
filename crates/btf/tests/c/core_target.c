/* The types that core_local.c asks about, as another kernel might have them. */
#include "core_shared.h"

struct basic {
	u64 before;
	u64 c;
	void *pointer;
	int b;
	int a;
	u64 grows;
	u32 shrinks;
	s64 grows_signed;
};

struct inner {
	u64 pad;
	int y;
	int x;
};

struct arrays {
	int pad[3];
	int numbers[16];
	struct inner inners[3];
	int short_there[4];
	int matrix[3][5];
	struct inner tail[];
};

struct anonymous {
	u64 pad;
	struct {
		union {
			u16 unrelated;
			struct {
				u64 other;
				int deep;
			};
		};
		int direct;
		struct inner named;
	};
};

struct bitfields {
	u64 pad : 5;
	u32 a : 4;
	int b : 11;
	u32 plain : 8;
	u64 c : 20;
	u32 becomes_plain;
	u16 fill : 12;
	u32 crosses : 9;
};

enum hue { HUE };
enum shape___old { ROUND_OLD };

struct typed {
	struct inner now_struct;
	int now_int;
	enum hue color;
	enum shape___old shape;
	enum hue unnamed;
	double real;
	long array[9];
	unsigned qualified;
	signed char byte;
	unsigned char signed_byte;
};

struct several {
	u64 pad;
	int same;
};

struct several___b {
	int pad[2];
	int same;
	int more;
};

struct small {
	u64 pad;
	int x;
};

union either {
	int x;
	struct inner wide;
	u64 y;
};

enum changed { CHANGED_ZERO, CHANGED_B, CHANGED_A = 77, CHANGED_C };
enum widened { WIDENED_A = 0x500000000ULL, WIDENED_B };
enum wide { WIDE_A = 9, WIDE_B = -1 };
enum flavoured { FLAVOURED_PAD = 12, FLAVOURED_A };
enum negative { NEGATIVE_PAD, NEGATIVE_A = -30 };

typedef long number;
typedef struct inner inner_type;
typedef int (*function)(int, struct inner *);
typedef int (*function_other)(int, struct inner *);
typedef int list[4];

struct matching {
	u64 pad;
	struct inner *p;
	int a;
	enum changed e;
};

struct matching_not {
	int a;
	int other;
};

struct matching_sign {
	unsigned a;
};

struct hidden {
	int x;
};

struct shown;

struct matching_forward {
	struct hidden *hidden;
	struct shown *shown;
};

#define USE(type, name) type *use_##name
USE(struct basic, basic);
USE(struct arrays, arrays);
USE(struct anonymous, anonymous);
USE(struct bitfields, bitfields);
USE(struct typed, typed);
USE(struct several, several);
USE(struct several___b, several_b);
USE(struct small, small);
USE(union either, either);
USE(enum changed, changed);
USE(enum widened, widened);
USE(enum wide, wide);
USE(enum flavoured, flavoured);
USE(enum negative, negative);
USE(number, number);
USE(inner_type, inner_type);
USE(function, function);
USE(function_other, function_other);
USE(list, list);
USE(struct matching, matching);
USE(struct matching_not, matching_not);
USE(struct matching_sign, matching_sign);
USE(struct matching_forward, matching_forward);
