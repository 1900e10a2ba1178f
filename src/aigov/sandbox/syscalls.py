"""The system calls that computing needs, by name, with their numbers on x86_64 and aarch64 (-1: not there)."""

from __future__ import annotations

_TABLE = """
read 0 63;write 1 64;readv 19 65;writev 20 66;pread64 17 67;pwrite64 18 68;preadv 295 69;pwritev 296 70
open 2 -1;openat 257 56;openat2 437 437;close 3 57;close_range 436 436;stat 4 -1;fstat 5 80;lstat 6 -1
newfstatat 262 79;statx 332 291;lseek 8 62;access 21 -1;faccessat 269 48;faccessat2 439 439;readlink 89 -1
readlinkat 267 78;getdents 78 -1;getdents64 217 61;flock 73 32;fsync 74 82;fdatasync 75 83;sync_file_range 277 84
ftruncate 77 46;dup 32 23;dup2 33 -1;dup3 292 24;pipe 22 -1;pipe2 293 59;poll 7 -1;ppoll 271 73;select 23 -1
pselect6 270 72;epoll_create 213 -1;epoll_create1 291 20;epoll_ctl 233 21;epoll_wait 232 -1;epoll_pwait 281 22
epoll_pwait2 441 441;eventfd 284 -1;eventfd2 290 19;fallocate 285 47;fadvise64 221 223;getcwd 79 17;unlink 87 -1
unlinkat 263 35;rename 82 -1;renameat 264 38
renameat2 316 276;umask 95 166;statfs 137 43;fstatfs 138 44;copy_file_range 326 285;sendfile 40 71
brk 12 214;mmap 9 222;munmap 11 215;mprotect 10 226;mremap 25 216;madvise 28 233;msync 26 227;mincore 27 232
membarrier 324 283;mbind 237 235;get_mempolicy 239 236;set_mempolicy 238 237
futex 202 98;futex_waitv 449 449;set_robust_list 273 99;get_robust_list 274 100;set_tid_address 218 96;rseq 334 293
gettid 186 178;sched_yield 24 124;sched_getaffinity 204 123;sched_getparam 143 121;sched_getscheduler 145 120
sched_get_priority_max 146 125;sched_get_priority_min 147 126;getcpu 309 168;arch_prctl 158 -1
exit 60 93;exit_group 231 94;nanosleep 35 101;clock_nanosleep 230 115;clock_gettime 228 113;clock_getres 229 114
gettimeofday 96 169;time 201 -1;times 100 153;getrusage 98 165;getrlimit 97 163;sysinfo 99 179;uname 63 160
getpriority 140 141;getpid 39 172;getppid 110 173;getuid 102 174;geteuid 107 175;getgid 104 176;getegid 108 177
getgroups 115 158;getpgrp 111 -1;getpgid 121 155;getsid 124 156;getresuid 118 148;getresgid 120 150;capget 125 90
getrandom 318 278;rt_sigaction 13 134;rt_sigprocmask 14 135;rt_sigreturn 15 139;rt_sigpending 127 136
rt_sigtimedwait 128 137;rt_sigsuspend 130 133;sigaltstack 131 132;restart_syscall 219 128;pause 34 -1;alarm 37 -1
setitimer 38 103;getitimer 36 102;wait4 61 260
"""
_BOUND = """
clone 56 220;clone3 435 435;fcntl 72 25;ioctl 16 29;prctl 157 167;kill 62 129;tgkill 234 131;prlimit64 302 261
sched_setaffinity 203 122;seccomp 317 277
"""
"""Those whose arguments decide, and the one that installs the filter."""

MACHINES = {"x86_64": 0, "aarch64": 1}


def plain_calls(machine: str) -> tuple[int, ...]:
    """Return the numbers of the calls that are allowed whatever their arguments."""
    return tuple(number for number in _numbers(_TABLE, machine).values() if number >= 0)


def bound_calls(machine: str) -> dict[str, int]:
    """Return the numbers of the calls that are allowed with some arguments only."""
    return _numbers(_BOUND, machine)


def _numbers(table: str, machine: str) -> dict[str, int]:
    rows = (row.split() for row in table.replace("\n", ";").split(";") if row.strip())
    return {name: int(numbers[MACHINES[machine]]) for name, *numbers in rows}
