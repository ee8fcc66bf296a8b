/* What quickjs-ng leaves out on WASI, brought back. The build includes this file first in every C
 * file, after the one system header that insists on __wasi__.
 *
 * - Where __wasi__ is defined the stack limit is compiled away, so deep recursion would end in a
 *   trap that no JavaScript can catch.
 * - Only where it knows the C library does it ask how large an allocation is; without, the garbage
 *   collector counts next to nothing and never runs. wasi-libc has the function, as glibc does.
 *
 * In the pinned release nothing else in the engine depends on these macros: the build defines
 * EMSCRIPTEN, which answers the other questions. */
#include <wasi/api.h>
#undef __wasi__
#define __GLIBC__ 2
