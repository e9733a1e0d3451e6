/* Tells a program that the machine has as many processors as PROCESSORS says (1 to 64), so that the runtime makes
   as many GC heaps: gcc -shared -fPIC -o processors.so processors.c -ldl, then LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int wanted(void) {
  const char *text = getenv("PROCESSORS");
  int count = text ? atoi(text) : 0;
  return count > 0 && count <= 64 ? count : 1;
}

long sysconf(int name) {
  static long (*real)(int);
  if (!real) real = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
  return name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF ? wanted() : real(name);
}

int get_nprocs(void) { return wanted(); }
int get_nprocs_conf(void) { return wanted(); }

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
  memset(set, 0, size);
  for (int cpu = 0; cpu < wanted(); cpu++) CPU_SET_S(cpu, size, set);
  return 0;
}

/* A thread cannot be bound to a processor that is none. */
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set) { return 0; }
int pthread_setaffinity_np(unsigned long thread, size_t size, const cpu_set_t *set) { return 0; }
