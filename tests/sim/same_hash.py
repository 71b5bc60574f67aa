"""Two processes with one seed come to the same hash; another seed comes to another.

    same_hash.py SIM_CALL
"""
import subprocess
import sys


def run(program, *arguments):
    command = [program, "--hash", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main(program):
    for codec in ([], ["--real"]):
        first = run(program, "--seed", "7", *codec)
        again = run(program, "--seed", "7", *codec)
        other = run(program, "--seed", "8", *codec)
        print(first, again, other)
        if len(first) != 64 or first != again or first == other:
            print("reproduce: sim_call --hash --seed 7", *codec)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
