"""No branch, address or division of the compiled KEM depends on a secret.

    constant_time.py [--long] SOURCE_ROOT SECRETS.C COMPILER LEVEL... [-- COMPILER LEVEL...]...

Builds secrets.c and the files of the KEM with each compiler at each level of optimisation and runs
it under valgrind, which reports branches and addresses; the controls must be reported. Divisions,
whose time no tool sees, may not be in the objects at all. Skipped (77) where valgrind is not
installed; with --long first, also unless TACET_LONG is 1 in the environment.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCES = [
    "src/crypto/keccak.c",
    "src/crypto/mlkem768.c",
    "src/crypto/mlkem_ntt.c",
    "src/crypto/mlkem_poly.c",
    "src/crypto/xwing.c",
]
# What they call that is not theirs: libsodium's X25519, behind a file of ours.
HELPERS = ["src/crypto/hkdf.c", "src/crypto/noise.c"]
CASES = ["keccak", "mlkem", "xwing"]
CONTROLS = ["control-branch", "control-index", "control-sampling", "control-key-check"]
REPORTED, SKIPPED = 99, 77
DIVISION = re.compile(r"\t(i?div[bwlq]?|[us]div)\s")


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def compile_one(root, compiler, level, source, folder):
    """The object, or None; what the compiler said is printed."""
    target = os.path.join(folder, os.path.basename(source) + ".o")
    include = ["-I" + os.path.join(root, name) for name in ("include", "src")]
    done = run([compiler, "-std=c11", "-gdwarf-4", level, "-DTACET_SECRECY_CHECK", *include, "-c",
                os.path.join(root, source), "-o", target])
    if done.returncode != 0:
        print(done.stderr)
        return None
    return target


def divisions(objects):
    """Lines of the disassembly that divide."""
    text = run(["objdump", "-d", "--no-show-raw-insn", *objects]).stdout
    if "\tret" not in text:
        return ["objdump showed no code"]
    return [line.strip() for line in text.splitlines() if DIVISION.search(line)]


def valgrind(program, case):
    return run(["valgrind", "-q", f"--error-exitcode={REPORTED}", "--error-limit=no", program,
                case])


def check(root, secrets, compiler, level, folder):
    """Failures of one compiler at one level."""
    objects = [compile_one(root, compiler, level, name, folder)
               for name in SOURCES + HELPERS + [secrets]]
    if None in objects:
        return ["does not compile"]
    failures = ["divides: " + line for line in divisions(objects[:len(SOURCES)])]
    program = os.path.join(folder, "secrets")
    linked = run([compiler, *objects, "-lsodium", "-o", program])
    if linked.returncode != 0:
        return [linked.stderr]
    for case in CASES:
        done = valgrind(program, case)
        if done.returncode != 0 or f"{case} ran" not in done.stdout:
            failures.append(f"{case}: exit status {done.returncode}\n{done.stderr[:4000]}")
    for case in CONTROLS:
        done = valgrind(program, case)
        if done.returncode != REPORTED or f"{case} ran" not in done.stdout:
            failures.append(f"{case} was not reported: the check sees nothing")
    return failures


def main(arguments):
    if arguments[0] == "--long":
        if os.environ.get("TACET_LONG") != "1":
            print("skipped: TACET_LONG=1 runs it (tools/test --long)")
            return SKIPPED
        arguments = arguments[1:]
    root, secrets, rest = arguments[0], os.path.abspath(arguments[1]), arguments[2:]
    if shutil.which("valgrind") is None or shutil.which("objdump") is None:
        print("skipped: no valgrind or no objdump")
        return SKIPPED
    failed = 0
    while rest:
        end = rest.index("--") if "--" in rest else len(rest)
        compiler, levels, rest = rest[0], rest[1:end], rest[end + 1:]
        if shutil.which(compiler) is None:
            print(f"{compiler}: not installed")
            failed += 1
            continue
        for level in levels:
            with tempfile.TemporaryDirectory() as folder:
                failures = check(root, secrets, compiler, level, folder)
            print(f"{compiler} {level}: {len(CASES)} cases, {len(CONTROLS)} controls, "
                  f"{len(failures)} failures", flush=True)
            for failure in failures:
                print("   ", failure)
            failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
