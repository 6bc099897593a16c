enum a : unsigned char { A = 255, B, C = -1 }; enum b : _Bool { D = 2 }; enum c : signed char { E = -128, F = 127, G };
enum d { H = -1, I = 0xffffffffffffffff }; enum e : __int128 { J }; enum f : float { K };
---- expect
unit.c:1:35-36: ERROR: `unsigned char` does not hold the value of this name, 256
enum a : unsigned char { A = 255, B, C = -1 }; enum b : _Bool { D = 2 }; enum c : signed char { E = -128, F = 127, G };
                                  ~
unit.c:1:38-39: ERROR: `unsigned char` does not hold the value of this name, -1
enum a : unsigned char { A = 255, B, C = -1 }; enum b : _Bool { D = 2 }; enum c : signed char { E = -128, F = 127, G };
                                     ~
unit.c:1:65-66: ERROR: `_Bool` does not hold the value of this name, 2
enum a : unsigned char { A = 255, B, C = -1 }; enum b : _Bool { D = 2 }; enum c : signed char { E = -128, F = 127, G };
                                                                ~
unit.c:1:116-117: ERROR: `signed char` does not hold the value of this name, 128
enum a : unsigned char { A = 255, B, C = -1 }; enum b : _Bool { D = 2 }; enum c : signed char { E = -128, F = 127, G };
                                                                                                                   ~
unit.c:2:53-61: ERROR: an enumeration is of a type of whole numbers of up to 64 bits, not of `__int128`
enum d { H = -1, I = 0xffffffffffffffff }; enum e : __int128 { J }; enum f : float { K };
                                                    ~~~~~~~~
unit.c:2:78-83: ERROR: an enumeration is of a type of whole numbers of up to 64 bits, not of `float`
enum d { H = -1, I = 0xffffffffffffffff }; enum e : __int128 { J }; enum f : float { K };
                                                                             ~~~~~
unit.c:2:18-19: WARNING: no type holds both -1 and 18446744073709551615 of this enumeration
enum d { H = -1, I = 0xffffffffffffffff }; enum e : __int128 { J }; enum f : float { K };
                 ~
