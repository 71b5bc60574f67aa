// Reading and writing of big-endian fields. Reading past the end throws.

export class Malformed extends Error {}

// Throws Malformed unless the condition holds: a datagram that is to be dropped.
export function demand(condition, what) {
  if (!condition) throw new Malformed(what);
}

export class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  bytes(size) {
    demand(this.at + size <= this.data.length, "too short");
    const out = this.data.subarray(this.at, this.at + size);
    this.at += size;
    return out;
  }

  u8() { return this.bytes(1)[0]; }
  u16() { return Buffer.from(this.bytes(2)).readUInt16BE(); }
  u32() { return Buffer.from(this.bytes(4)).readUInt32BE(); }
  u64() { return Buffer.from(this.bytes(8)).readBigUInt64BE(); }
  left() { return this.data.length - this.at; }
  zeros() { demand(this.bytes(this.left()).every((b) => b === 0), "padding is not zero"); }
}

export const text = (s) => Buffer.from(s, "ascii");
export const u8 = (v) => Buffer.from([v]);

export function u16(v) {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(v);
  return out;
}

export function u32(v) {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(v);
  return out;
}

export function u64(v) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(v));
  return out;
}

export const join = (...parts) => Buffer.concat(parts.map((p) => Buffer.from(p)));

// Zeros up to a size.
export function pad(data, size) {
  demand(data.length <= size, "too long to pad");
  return join(data, Buffer.alloc(size - data.length));
}

// 4 zero bytes and the counter in little endian: the nonce of Noise and of CTRL.
export function counterNonce(n) {
  const out = Buffer.alloc(12);
  out.writeBigUInt64LE(BigInt(n), 4);
  return out;
}

export const equal = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
