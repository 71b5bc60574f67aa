// Makes mlkem_vectors.h and xwing_vectors.h with an implementation that is not ours:
//
//     npm install @noble/post-quantum@0.7.1
//     node pq_vectors.mjs mlkem > mlkem_vectors.h
//     node pq_vectors.mjs xwing > xwing_vectors.h
//
// A number instead of a name gives the accumulated hash of so many runs.
// Inputs are SHA-256 of a name and a number, as ASCII. Of what is long only the SHA-256 is kept.
import { createHash } from 'node:crypto';
import { ml_kem768 as kem } from '@noble/post-quantum/ml-kem.js';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { shake128 } from '@noble/hashes/sha3.js';

const COUNT = 5;
const RUNS = 100;
const sha256 = (data) => new Uint8Array(createHash('sha256').update(data).digest());
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const hex = (data) => `"${Buffer.from(data).toString('hex')}"`;
const row = (...fields) => `    {\n${fields.map((f) => `        ${hex(f)},\n`).join('')}    },\n`;

// The n-th ciphertext with one bit of byte 7n changed: implicit rejection.
function spoil(cipher, n) {
  const other = Uint8Array.from(cipher);
  other[7 * n] ^= 1 << n;
  return other;
}

function mlkemRow(n) {
  const [d, z, m] = ['d', 'z', 'm'].map((name) => sha256(name + n));
  const { publicKey: ek, secretKey: dk } = kem.keygen(join(d, z));
  const { cipherText: cipher, sharedSecret } = kem.encapsulate(ek, m);
  const rejected = kem.decapsulate(spoil(cipher, n), dk);
  return row(sha256(ek), sha256(dk), sha256(cipher), sharedSecret, rejected);
}

function xwingRow(n) {
  const seed = sha256('x' + n);
  const { publicKey, secretKey } = xwing.keygen(seed);
  const { cipherText: cipher, sharedSecret } =
    xwing.encapsulate(publicKey, join(sha256('m' + n), sha256('e' + n)));
  const rejected = xwing.decapsulate(spoil(cipher, n), secretKey);
  return row(sha256(publicKey), sha256(cipher), sharedSecret, rejected);
}

// What C2SP/CCTV's accumulated test describes.
function accumulated(runs) {
  const rng = shake128.create({});
  const sum = shake128.create({});
  for (let i = 0; i < runs; i++) {
    const seed = rng.xof(64);
    const m = rng.xof(32);
    const random = rng.xof(1088);
    const { publicKey: ek, secretKey: dk } = kem.keygen(seed);
    const { cipherText, sharedSecret } = kem.encapsulate(ek, m);
    for (const part of [ek, dk, cipherText, sharedSecret, kem.decapsulate(random, dk)]) {
      sum.update(part);
    }
  }
  return sum.xof(32);
}

function header(name, text) {
  const guard = `TACET_TESTS_CRYPTO_${name}_VECTORS_H`;
  return `/* Made by pq_vectors.mjs beside this, with another implementation; how, stands there. */
#ifndef ${guard}
#define ${guard}

${text}
#endif
`;
}

const numbers = [...Array(COUNT).keys()];
const what = process.argv[2];
if (what === 'mlkem') {
  process.stdout.write(header('MLKEM', `static const struct {
    const char *ek_sha256;
    const char *dk_sha256;
    const char *cipher_sha256;
    const char *shared;
    const char *rejected;
} mlkem_vectors[] = {
${numbers.map(mlkemRow).join('')}};

/* The accumulated hash after ${RUNS} runs. */
static const char accumulated_${RUNS}[] =
    ${hex(accumulated(RUNS))};
`));
} else if (what === 'xwing') {
  process.stdout.write(header('XWING', `static const struct {
    const char *public_sha256;
    const char *cipher_sha256;
    const char *shared;
    const char *rejected;
} xwing_vectors[] = {
${numbers.map(xwingRow).join('')}};
`));
} else {
  console.log(Buffer.from(accumulated(Number(what))).toString('hex'));
}
