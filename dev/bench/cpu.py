"""How much CPU a process has used, in nanoseconds, with the threads that have ended."""

import time

# Linux gives every process a CPU clock whose id is made of its pid: the macro
# MAKE_PROCESS_CPUCLOCK with CPUCLOCK_SCHED in include/linux/posix-timers_types.h.
# /proc/PID/schedstat would miss the thread in which the runtime client waits for each invocation.
_SCHEDULER_CLOCK = 2


def process_cpu_ns(pid: int) -> int:
    return time.clock_gettime_ns((~pid << 3) | _SCHEDULER_CLOCK)
