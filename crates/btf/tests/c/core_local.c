/* Asks every CO-RE question, about types that core_target.c has otherwise. */
#include "core_shared.h"

#define SEC(name) __attribute__((section(name), used))
#define PAI __attribute__((preserve_access_index))

struct basic {
	int a;
	int b;
	u64 c;
	u32 grows;
	u64 shrinks;
	int grows_signed;
	void *pointer;
	int gone;
} PAI;

struct basic___second {
	u64 c;
	int a;
} PAI;

struct missing {
	int x;
} PAI;

struct inner {
	int x;
	int y;
} PAI;

struct arrays {
	int numbers[8];
	struct inner inners[4];
	int short_there[8];
	int matrix[3][4];
	struct inner tail[];
} PAI;

struct anonymous {
	int direct;
	union {
		int deep;
		u64 other;
	};
	struct {
		struct inner named;
	};
} PAI;

struct bitfields {
	u32 a : 3;
	int b : 7;
	u64 c : 33;
	u32 plain;
	u32 becomes_plain : 5;
	u32 crosses : 9;
} PAI;

struct typed {
	int now_struct;
	struct inner now_int;
	enum color { RED, GREEN, BLUE } color;
	enum shape { ROUND, SQUARE } shape;
	enum { ANONYMOUS_A } unnamed;
	float real;
	int array[2];
	const volatile int qualified;
	u8 byte;
	s8 signed_byte;
} PAI;

struct several {
	int pad;
	int same;
} PAI;

struct small {
	int x;
} PAI;

union either {
	int x;
	u64 y;
} PAI;

enum changed { CHANGED_A = 1, CHANGED_B = 2, CHANGED_GONE = 3 };
enum widened { WIDENED_A = 5, WIDENED_B = 6 };
enum wide { WIDE_A = 0x123456789aULL, WIDE_B = 2 };
enum flavoured___mine { FLAVOURED_A___mine = 4 };
enum negative { NEGATIVE_A = -3 };

typedef int number;
typedef struct inner inner_type;
typedef int (*function)(int, struct inner *);
typedef int (*function_other)(int, u64);
typedef void nothing;
typedef int (*gone_function)(void);
typedef int list[4];

struct matching {
	int a;
	struct inner *p;
	enum changed e;
} PAI;

struct matching_not {
	int a;
	int extra;
} PAI;

struct matching_sign {
	int a;
} PAI;

struct matching_forward {
	struct hidden *hidden;
	struct shown *shown;
} PAI;

volatile u64 sink;

#define FIELD(place, kind) sink = __builtin_preserve_field_info(place, kind)
#define OFFSET(place) FIELD(place, 0)
#define SIZE(place) FIELD(place, 1)
#define EXISTS(place) FIELD(place, 2)
#define SIGNED(place) FIELD(place, 3)
#define LEFT(place) FIELD(place, 4)
#define RIGHT(place) FIELD(place, 5)
#define ALL(place) do { OFFSET(place); SIZE(place); EXISTS(place); SIGNED(place); LEFT(place); RIGHT(place); } while (0)
#define ELEMENT(place) do { OFFSET(place); SIZE(place); EXISTS(place); } while (0)
#define ID_LOCAL(type) sink = __builtin_btf_type_id(*(type *)0, 0)
#define ID_TARGET(type) sink = __builtin_btf_type_id(*(type *)0, 1)
#define TYPE_EXISTS(type) sink = __builtin_preserve_type_info(*(type *)0, 0)
#define TYPE_SIZE(type) sink = __builtin_preserve_type_info(*(type *)0, 1)
#define TYPE_MATCHES(type) sink = __builtin_preserve_type_info(*(type *)0, 2)
#define TYPE(type) do { ID_LOCAL(type); ID_TARGET(type); TYPE_EXISTS(type); TYPE_SIZE(type); TYPE_MATCHES(type); } while (0)
#define VALUE_EXISTS(type, value) sink = __builtin_preserve_enum_value(*(type *)value, 0)
#define VALUE(type, value) sink = __builtin_preserve_enum_value(*(type *)value, 1)

SEC("socket") int fields(void *ctx)
{
	struct basic *basic = ctx;
	struct basic___second *second = ctx;
	struct missing *missing = ctx;
	struct anonymous *anonymous = ctx;
	struct several *several = ctx;
	union either *either = ctx;

	ALL(basic->a);
	ALL(basic->b);
	ALL(basic->c);
	ALL(basic->grows);
	ALL(basic->shrinks);
	ALL(basic->grows_signed);
	ELEMENT(basic->pointer);
	ALL(basic->gone);
	ALL(second->a);
	ALL(second->c);
	ALL(missing->x);
	ALL(anonymous->direct);
	ALL(anonymous->deep);
	ALL(anonymous->other);
	ELEMENT(anonymous->named);
	ALL(anonymous->named.y);
	ALL(several->same);
	ALL(either->y);
	return 0;
}

SEC("socket") int elements(void *ctx)
{
	struct arrays *arrays = ctx;
	struct small *small = ctx;

	ELEMENT(arrays->numbers[3]);
	ELEMENT(arrays->inners[2]);
	ALL(arrays->inners[2].y);
	ELEMENT(arrays->short_there[1]);
	ELEMENT(arrays->short_there[7]);
	ELEMENT(arrays->matrix[1]);
	ELEMENT(arrays->matrix[2][3]);
	ELEMENT(arrays->numbers);
	ELEMENT(arrays->matrix);
	ELEMENT(arrays->tail[0]);
	ALL(arrays->tail[5].y);
	ALL(small[0].x);
	OFFSET(small[7].x);
	return 0;
}

SEC("socket") int bits(void *ctx)
{
	struct bitfields *bitfields = ctx;

	ALL(bitfields->a);
	ALL(bitfields->b);
	ALL(bitfields->c);
	ALL(bitfields->plain);
	ALL(bitfields->becomes_plain);
	ALL(bitfields->crosses);
	return 0;
}

SEC("socket") int types_of_fields(void *ctx)
{
	struct typed *typed = ctx;

	ALL(typed->now_struct);
	ELEMENT(typed->now_int);
	ALL(typed->color);
	ALL(typed->shape);
	ALL(typed->unnamed);
	ELEMENT(typed->real);
	ELEMENT(typed->array);
	ALL(typed->qualified);
	ALL(typed->byte);
	ALL(typed->signed_byte);
	return 0;
}

SEC("socket") int loads(void *ctx)
{
	struct basic *basic = ctx;
	struct typed *typed = ctx;
	struct bitfields *bitfields = ctx;
	struct arrays *arrays = ctx;

	sink = basic->a;
	sink = basic->c;
	sink = basic->grows;
	sink = basic->shrinks;
	sink = basic->grows_signed;
	sink = (u64)basic->pointer;
	sink = basic->gone;
	sink = typed->byte;
	sink = typed->signed_byte;
	sink = typed->qualified;
	sink = arrays->inners[3].x;
	sink = bitfields->plain;
	basic->b = 7;
	basic->grows = sink;
	return 0;
}

SEC("socket") int types(void *ctx)
{
	TYPE(struct basic);
	TYPE(struct basic___second);
	TYPE(struct missing);
	TYPE(struct inner);
	TYPE(union either);
	TYPE(enum changed);
	TYPE(enum widened);
	TYPE(number);
	TYPE(inner_type);
	TYPE(list);
	TYPE(struct matching);
	TYPE(struct matching_not);
	TYPE(struct matching_sign);
	TYPE(struct matching_forward);
	TYPE(struct small);
	TYPE_EXISTS(function);
	TYPE_MATCHES(function);
	TYPE_EXISTS(function_other);
	TYPE_MATCHES(function_other);
	TYPE_EXISTS(gone_function);
	TYPE_EXISTS(struct arrays);
	TYPE_MATCHES(struct anonymous);
	TYPE_MATCHES(struct typed);
	return 0;
}

SEC("socket") int values(void *ctx)
{
	VALUE_EXISTS(enum changed, CHANGED_A);
	VALUE(enum changed, CHANGED_A);
	VALUE(enum changed, CHANGED_B);
	VALUE_EXISTS(enum changed, CHANGED_GONE);
	VALUE(enum changed, CHANGED_GONE);
	VALUE(enum widened, WIDENED_B);
	VALUE(enum wide, WIDE_A);
	VALUE(enum wide, WIDE_B);
	VALUE_EXISTS(enum flavoured___mine, FLAVOURED_A___mine);
	VALUE(enum flavoured___mine, FLAVOURED_A___mine);
	VALUE(enum negative, NEGATIVE_A);
	return 0;
}

char _license[] SEC("license") = "GPL";
