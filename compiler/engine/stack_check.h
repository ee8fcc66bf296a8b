/* quickjs-ng compiles its stack limit away where __wasi__ is defined, so deep recursion would end
 * in a trap that no JavaScript can catch. In the pinned release nothing else in the engine depends
 * on that macro (the build defines EMSCRIPTEN, which answers the other questions), so it is
 * undefined here, after the one system header that insists on it. The build includes this file
 * first in every C file. */
#include <wasi/api.h>
#undef __wasi__
