/** What makes a runtime or the system's loader run other code than the program's own, before it or in its place. */
const families: readonly RegExp[] = [
  /^NODE_(?:OPTIONS|PATH|REPL_EXTERNAL_MODULE|COMPILE_CACHE)$/,
  /^(?:LD|_?RLD|DYLD)_/,
  /^(?:LIBPATH|SHLIB_PATH|GCONV_PATH|GLIBC_TUNABLES)$/,
  /^PYTHON(?:PATH|HOME|STARTUP|INSPECT|BREAKPOINT|USERBASE|WARNINGS|PLATLIBDIR|EXECUTABLE|PYCACHEPREFIX)$/,
  /^PERL(?:LIB|5LIB|5OPT|5DB)$/,
  /^(?:RUBY(?:OPT|LIB)|GEM_(?:HOME|PATH))$/,
  /^(?:JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH)$/,
  /^(?:BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|PS4|ZDOTDIR)$/,
  /^OPENSSL_(?:CONF|MODULES|ENGINES)$/,
  /^(?:PHPRC|PHP_INI_SCAN_DIR|LUA_(?:INIT|PATH|CPATH)\w*|BUN_OPTIONS|BUN_INSPECT\w*)$/,
  /^(?:DOTNET_STARTUP_HOOKS|COR(?:ECLR)?_(?:ENABLE_PROFILING|PROFILER\w*))$/,
];

/** Whether a variable of the environment can put foreign code into a program: `NODE_OPTIONS`, `LD_PRELOAD`, … */
export function loadsCode(variable: string): boolean {
  const name = variable.toUpperCase(); // Windows does not tell the cases apart
  return families.some((family) => family.test(name));
}
