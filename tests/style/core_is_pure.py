"""The core's own objects reach for nothing of the world.

    core_is_pure.py NM ARCHIVE

Looks at every undefined symbol of every object: no clock, chance, thread, socket, file, environment
or process; memory in base/alloc.c alone; libsrtp's and NSS's start in crypto/srtp.c alone. What
compilers and sanitizers call by themselves is in none of the lists. snprintf is allowed.
"""
import re
import subprocess
import sys

import tree

NOWHERE = {
    "clock": r"time|clock|clock_\w+|gettimeofday|timespec_get|(nano|u)?sleep|localtime(_r)?|"
             r"gmtime(_r)?|mktime|strftime|ctime(_r)?|timer_\w+|alarm|times|getrusage",
    "socket": r"socket(pair)?|bind|listen|accept4?|connect|shutdown|(set|get)sockopt|"
              r"send(to|m?msg)?|recv(from|m?msg)?|p?select|p?poll|epoll_\w+|getaddrinfo|"
              r"gethostby\w+|getifaddrs|if_\w+",
    "thread": r"pthread_\w+|sem_\w+|mtx_\w+|cnd_\w+|thrd_\w+|tss_\w+|call_once|sched_\w+",
    "chance": r"s?rand(_r)?|s?random(_r)?|initstate|[delmnj]rand48|srand48|arc4random\w*|"
              r"getrandom|getentropy|randombytes\w*|crypto_\w*(?<!_seed)_keypair|crypto_\w*_keygen|"
              r"crypto_secretstream\w*_init_push|crypto_pwhash_\w*str|crypto_pwhash_str\w*|"
              r"crypto_box_seal|crypto_core_\w+_random|crypto_core_\w+_scalar_random|"
              r"PK11_GenerateRandom|srtp_crypto_kernel_\w*rand\w*",
    "file": r"f?open(at)?|fdopen|freopen|creat|close|fclose|p?read(v|link)?|p?writev?|"
            r"f(read|write|get[cs]|put[cs]|flush|seeko?|tello?)|get(c|char|line|s)|put(c|char|s)|"
            r"v?f?printf|v?dprintf|perror|v?f?scanf|remove|rename|unlink|mkdir|l?stat|fstat\w*|"
            r"opendir|readdir|ioctl|fcntl|mmap|munmap|pipe2?|dup[23]?|v?syslog|"
            r"stdin|stdout|stderr|lseek|ftruncate|fsync|tmpfile",
    "process": r"(secure_)?getenv|setenv|putenv|environ|system|popen|fork|exec\w+|_?exit|"
               r"quick_exit|atexit|signal|sigaction|raise|kill|getpid|dlopen|dlsym|syscall|sysconf",
    "memory of another kind": r"sodium_malloc|sodium_allocarray|sodium_free|alloca|mlock|sbrk|"
                              r"v?asprintf|strn?dup|posix_memalign|aligned_alloc|memalign|"
                              r"reallocarray",
    "start of libsodium, which is the shell's": r"sodium_init",
}
ONLY_IN = [
    ("memory", r"malloc|calloc|realloc|free", "base_alloc.c.o"),
    ("start of libsrtp and NSS", r"srtp_init|srtp_shutdown|NSS_\w+", "crypto_srtp.c.o"),
]


def plain(symbol):
    """The function meant by a symbol: without version, fortification and width."""
    name = symbol.split("@")[0]
    name = re.sub(r"^__isoc\d+_", "", name)
    fortified = re.match(r"^__(\w+?)_chk$", name) or re.match(r"^__(open(?:at)?)(?:64)?_2$", name)
    name = fortified.group(1) if fortified else name
    return re.sub(r"^(\w*[a-z])64$", r"\1", name)


def judge(member, symbol):
    """None, or why this object may not need this symbol."""
    name = plain(symbol)
    for what, pattern in NOWHERE.items():
        if re.fullmatch(pattern, name):
            return what
    for what, pattern, owner in ONLY_IN:
        if re.fullmatch(pattern, name) and member != owner:
            return f"{what}, which only {owner} may touch"
    return None


def needed(nm, archive):
    """(object, undefined symbol) of the archive."""
    command = [nm, "--undefined-only", "--format=posix", "--print-file-name", archive]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = []
    for line in text.splitlines():
        match = re.match(r"^.*?(?:\[|:|/)([^\[\]/:]+\.o)\]?: (\S+) ", line)
        if match:
            pairs.append((match.group(1), match.group(2)))
    return pairs


def main(nm, archive):
    pairs = needed(nm, archive)
    failures = []
    for member, symbol in sorted(set(pairs)):
        why = judge(member, symbol)
        if why:
            failures.append(f"{member} needs {symbol}: {why}")
    if not any(symbol == "calloc" for _, symbol in pairs):
        failures.append("base/alloc.c was not seen to need calloc: the test looked at nothing")
    return tree.finish(f"{len(pairs)} undefined symbols", failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
