// The initiator's handshake: section 3. Noise_XX_25519_ChaChaPoly_SHA512 by its own names.
import { counterNonce, demand, equal, join, pad, Reader, text, u16, u32, u8 } from "./bytes.js";
import { readCertificate, selfSigned } from "./identity.js";
import { blake2b256, dh, hmac, mac128, open, openX, randomBytes, seal, sha512,
  x25519Public } from "./primitives.js";

const PROFILES = [0x0008, 0x0007];
const HINT_KEY = 1;
const header = (type) => join(u8(type), u8(1), u16(0));

class Noise {
  constructor(prologue) {
    this.h = pad(text("Noise_XX_25519_ChaChaPoly_SHA512"), 64);
    this.ck = this.h;
    this.k = null;
    this.mixHash(prologue);
  }

  // A message that fails must leave the state as it was: it is read on a copy.
  copy() { return Object.assign(Object.create(Noise.prototype), this); }

  mixHash(data) { this.h = sha512(this.h, data); }

  hkdf(input, count) {
    const temp = hmac(this.ck, input);
    const out = [];
    for (let i = 1; i <= count; i++) out.push(hmac(temp, out[i - 2] ?? Buffer.alloc(0), u8(i)));
    return out;
  }

  mixKey(input) {
    const [ck, k] = this.hkdf(input, 2);
    this.ck = ck;
    this.k = k.subarray(0, 32);
    this.n = 0;
  }

  encryptAndHash(plain) {
    const out = this.k ? seal(this.k, counterNonce(this.n++), this.h, plain) : plain;
    this.mixHash(out);
    return out;
  }

  decryptAndHash(cipher) {
    const out = open(this.k, counterNonce(this.n++), this.h, cipher);
    this.mixHash(cipher);
    return out;
  }
}

export class Initiator {
  constructor(identity, calleeKey, commitment) {
    const hint = join(u8(0), u8(HINT_KEY), calleeKey);
    this.identity = identity;
    this.calleeKey = calleeKey;
    this.commitment = commitment;
    this.mac1Key = blake2b256(text("tacet/1 mac1"), hint);
    this.cookieKey = blake2b256(text("tacet/1 cookie"), hint);
    this.noise = new Noise(join(text("tacet/1"), hint));
    this.e = randomBytes(32);
    this.ePublic = x25519Public(this.e);
    this.index = randomBytes(4).readUInt32BE();
    const fixed = join(header(0x08), u32(this.index));
    const payload = pad(join(u8(PROFILES.length), ...PROFILES.map(u16), u16(0), u8(1), u8(1)), 568);
    this.noise.mixHash(fixed);
    this.noise.mixHash(this.ePublic);
    this.noise.encryptAndHash(payload);
    const covered = join(fixed, this.ePublic, payload);
    this.init = pad(join(covered, mac128(this.mac1Key, covered)), 640);
  }

  // INIT with the mac2 that the COOKIE asks for.
  consumeCookie(packet) {
    demand(packet.length === 64 && equal(packet.subarray(0, 4), header(0x0b)), "COOKIE: form");
    demand(packet.readUInt32BE(4) === this.index, "COOKIE: index");
    const cookie = openX(this.cookieKey, packet.subarray(8, 32), this.init.subarray(608, 624),
      packet.subarray(32));
    return join(this.init.subarray(0, 624), mac128(cookie, this.init.subarray(0, 624)));
  }

  // FIN and what the handshake leaves; throws where RESP is to be dropped.
  consumeResp(packet) {
    demand(packet.length === 640, "RESP: length");
    demand(equal(mac128(this.mac1Key, packet.subarray(0, 608)), packet.subarray(608, 624)),
      "RESP: mac1");
    demand(equal(packet.subarray(0, 4), header(0x09)), "RESP: header");
    demand(packet.subarray(624).every((b) => b === 0), "RESP: padding");
    demand(packet.readUInt32BE(8) === this.index, "RESP: index");
    const re = packet.subarray(12, 44);
    demand(!equal(re, this.ePublic), "RESP: reflected");

    const noise = this.noise.copy();
    noise.mixHash(packet.subarray(0, 12));
    noise.mixHash(re);
    noise.mixKey(dh(this.e, re));
    const rs = noise.decryptAndHash(packet.subarray(44, 92));
    demand(!equal(rs, this.identity.xPublic), "RESP: own static key");
    noise.mixKey(dh(this.e, rs));
    const r = new Reader(noise.decryptAndHash(packet.subarray(92, 608)));
    const profile = r.u16();
    demand(PROFILES.includes(profile) && r.u16() === 0, "RESP: choice");
    const certificate = readCertificate(r.bytes(r.u16()));
    r.zeros();
    demand(equal(certificate.xPublic, rs), "RESP: certificate of another");
    demand(equal(certificate.edPublic, this.calleeKey), "RESP: somebody else");
    return { ...this.finish(noise, re, packet.readUInt32BE(4)), profile, peer: certificate };
  }

  finish(noise, re, indexRemote) {
    const fixed = join(header(0x0a), u32(indexRemote));
    const certificate = selfSigned(this.identity);
    noise.mixHash(fixed);
    const s = noise.encryptAndHash(this.identity.xPublic);
    noise.mixKey(dh(this.identity.xSecret, re));
    const payload = noise.encryptAndHash(pad(join(this.commitment, randomBytes(16), u16(1),
      u16(certificate.length), certificate), 500));
    const covered = join(fixed, s, payload);
    return {
      fin: join(covered, mac128(this.mac1Key, covered)),
      exporter: noise.hkdf(Buffer.alloc(0), 3)[2],
      h: noise.h,
      indexLocal: this.index,
      indexRemote,
    };
  }
}
