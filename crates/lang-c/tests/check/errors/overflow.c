// Arithmetic that says whether the result fits is of whole numbers, and writes where it may.
int prog(int a, int *p, const int *fixed, _Bool *truth)
{
	return __builtin_add_overflow(a, p, p) + __builtin_mul_overflow(a, 2, fixed) + __builtin_sub_overflow(a, 2, a)
		+ __builtin_sub_overflow(a, 2, truth) + __builtin_popcount(1, 2) + __builtin_umul_overflow(a, 2);
}
---- expect
unit.c:4:35-36: ERROR: `__builtin_add_overflow` takes whole numbers, and this is of type `int *`
    return __builtin_add_overflow(a, p, p) + __builtin_mul_overflow(a, 2, fixed) + __builtin_sub_overflow(a, 2, a)
                                     ~
unit.c:4:72-77: ERROR: `__builtin_mul_overflow` writes the result where its last argument points
    return __builtin_add_overflow(a, p, p) + __builtin_mul_overflow(a, 2, fixed) + __builtin_sub_overflow(a, 2, a)
                                                                          ~~~~~
HINT: that is a pointer to a whole number, and this is of type `const int *`
unit.c:4:110-111: ERROR: `__builtin_sub_overflow` writes the result where its last argument points
    return __builtin_add_overflow(a, p, p) + __builtin_mul_overflow(a, 2, fixed) + __builtin_sub_overflow(a, 2, a)
                                                                                                                ~
HINT: that is a pointer to a whole number, and this is of type `int`
unit.c:5:34-39: ERROR: `__builtin_sub_overflow` writes the result where its last argument points
        + __builtin_sub_overflow(a, 2, truth) + __builtin_popcount(1, 2) + __builtin_umul_overflow(a, 2);
                                       ~~~~~
HINT: that is a pointer to a whole number, and this is of type `_Bool *`
unit.c:5:43-67: ERROR: `__builtin_popcount` takes 1 argument, and has 2 here
        + __builtin_sub_overflow(a, 2, truth) + __builtin_popcount(1, 2) + __builtin_umul_overflow(a, 2);
                                                ~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:5:70-99: ERROR: `__builtin_umul_overflow` takes 3 arguments, and has 2 here
        + __builtin_sub_overflow(a, 2, truth) + __builtin_popcount(1, 2) + __builtin_umul_overflow(a, 2);
                                                                           ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
