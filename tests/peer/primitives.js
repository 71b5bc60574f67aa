// The primitives that docs/protocol.md names, from Node and from @noble, and X-Wing made of them.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha";
import { ed25519, x25519 } from "@noble/curves/ed25519";
import { blake2b } from "@noble/hashes/blake2b";
import { sha3_256, shake256 } from "@noble/hashes/sha3";
import { ml_kem768 } from "@noble/post-quantum/ml-kem";
import { demand, equal, join, u8 } from "./bytes.js";

export { ed25519, randomBytes };

export const sha512 = (...parts) => createHash("sha512").update(join(...parts)).digest();
export const hmac = (key, ...parts) =>
  createHmac("sha512", key).update(join(...parts)).digest();

export const blake2b256 = (...parts) => Buffer.from(blake2b(join(...parts), { dkLen: 32 }));
export const mac128 = (key, data) => Buffer.from(blake2b(data, { dkLen: 16, key }));

// RFC 5869 section 2.3 with SHA-512.
export function hkdfExpand(prk, info, size) {
  let block = Buffer.alloc(0);
  let out = Buffer.alloc(0);
  for (let i = 1; out.length < size; i++) {
    block = hmac(prk, block, info, u8(i));
    out = join(out, block);
  }
  return out.subarray(0, size);
}

// Both throw where the tag does not fit.
export const seal = (key, nonce, ad, plain) =>
  Buffer.from(chacha20poly1305(key, nonce, ad).encrypt(plain));
export const open = (key, nonce, ad, cipher) =>
  Buffer.from(chacha20poly1305(key, nonce, ad).decrypt(cipher));
export const openX = (key, nonce, ad, cipher) =>
  Buffer.from(xchacha20poly1305(key, nonce, ad).decrypt(cipher));

export const x25519Public = (secret) => Buffer.from(x25519.getPublicKey(secret));

const prime = Buffer.from("7f" + "ff".repeat(30) + "ed", "hex"); // 2^255 - 19, big endian

// Section 3: refuses keys that are not canonical; @noble throws where the result is zero.
export function dh(secret, publicKey) {
  demand(Buffer.compare(Buffer.from(publicKey).reverse(), prime) < 0, "X25519: not canonical");
  return Buffer.from(x25519.getSharedSecret(secret, publicKey));
}

const label = Buffer.from("5c2e2f2f5e5c", "hex");

// X-Wing, section 4: the caller's half, key generation and decapsulation.
export const xwing = {
  publicSize: 1216,
  cipherSize: 1120,
  generate() {
    const expanded = Buffer.from(shake256(randomBytes(32), { dkLen: 96 }));
    const mlkem = ml_kem768.keygen(expanded.subarray(0, 64));
    const secret = expanded.subarray(64);
    const publicX = x25519Public(secret);
    return { mlkem, secret, publicX, publicKey: join(mlkem.publicKey, publicX) };
  },
  decapsulate(pair, cipher) {
    demand(cipher.length === this.cipherSize, "X-Wing: length");
    const cipherX = cipher.subarray(1088);
    const sharedM = ml_kem768.decapsulate(cipher.subarray(0, 1088), pair.mlkem.secretKey);
    const sharedX = dh(pair.secret, cipherX);
    return Buffer.from(sha3_256(join(sharedM, sharedX, cipherX, pair.publicX, label)));
  },
};

export const verify = (signature, message, key) =>
  ed25519.verify(signature, message, key, { zip215: false });

export { equal };
