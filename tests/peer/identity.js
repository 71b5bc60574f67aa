// Identities, certificates, tickets and the words: section 6.
import { readFileSync } from "node:fs";
import { demand, equal, join, Reader, text, u16, u64, u8 } from "./bytes.js";
import { blake2b256, ed25519, hmac, randomBytes, verify, x25519Public } from "./primitives.js";

const NAME = /^[a-z0-9._@-]{1,63}$/;
const SKEW = 300n;

export function makeIdentity(name) {
  const edSecret = randomBytes(32);
  const xSecret = randomBytes(32);
  return { name, edSecret, edPublic: Buffer.from(ed25519.getPublicKey(edSecret)), xSecret,
    xPublic: x25519Public(xSecret) };
}

const unixNow = () => BigInt(Math.floor(Date.now() / 1000));

export function selfSigned(identity) {
  const now = unixNow();
  const before = join(text("TC01"), randomBytes(8), u64(now - SKEW), u64(now + 30n * 86400n),
    u16(1), Buffer.alloc(8), u8(identity.name.length), text(identity.name), identity.edPublic,
    identity.xPublic);
  const message = join(text("tacet/1 cert-id"), u8(0), before);
  return join(before, ed25519.sign(message, identity.edSecret), Buffer.alloc(64));
}

// Form, signature and time; the rest is for who knows the Noise key and the hint.
export function readCertificate(data) {
  const r = new Reader(data);
  demand(equal(r.bytes(4), text("TC01")), "certificate: magic");
  r.u64();
  const notBefore = r.u64();
  const notAfter = r.u64();
  const flags = r.u16();
  const caId = r.bytes(8);
  const name = Buffer.from(r.bytes(r.u8())).toString("latin1");
  const edPublic = r.bytes(32);
  const xPublic = r.bytes(32);
  const signed = data.subarray(0, r.at);
  const sigId = r.bytes(64);
  const sigCa = r.bytes(64);
  demand(r.left() === 0 && NAME.test(name) && (flags & ~1) === 0, "certificate: form");
  demand(notBefore <= notAfter, "certificate: dates");
  const zero = [...caId, ...sigCa].every((b) => b === 0);
  demand((flags & 1) === 0 || zero, "certificate: self-signed by a CA");
  demand(notBefore <= unixNow() + SKEW && unixNow() <= notAfter + SKEW, "certificate: time");
  demand(verify(sigId, join(text("tacet/1 cert-id"), u8(0), signed), edPublic),
    "certificate: signature");
  return { name, edPublic, xPublic };
}

export function fingerprint(key) {
  const hash = blake2b256(text("tacet/1 fingerprint"), u8(0), key).toString("hex");
  return hash.slice(0, 32).match(/.{4}/g).join(" ");
}

export function readTicket(ticket) {
  const match = /^tacet:([A-Za-z0-9_-]{43})@(.+)$/.exec(ticket);
  demand(match !== null && ticket.length <= 2199, "ticket");
  const key = Buffer.from(match[1], "base64url");
  demand(key.toString("base64url") === match[1], "ticket: key");
  const endpoints = match[2].split(",").map((endpoint) => {
    const parts = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9._-]+)):([1-9][0-9]{0,4})$/.exec(endpoint);
    demand(parts !== null && Number(parts[3]) < 65536, "ticket: endpoint");
    return { host: parts[1] ?? parts[2], port: Number(parts[3]) };
  });
  demand(endpoints.length <= 8, "ticket: endpoints");
  return { key, endpoints };
}

export const sasCommitment = (nI) => blake2b256(text("tacet/1 sas commit"), nI);

// Four words; both lists stand in the file as { "even", "odd" } for each byte.
export function words(nI, nR, h, listFile) {
  const pairs = [...readFileSync(listFile, "utf8").matchAll(/\{ "(\w+)", "(\w+)" \}/g)];
  demand(pairs.length === 256, "word list");
  const sas = hmac(join(nI, nR), text("tacet/1 sas"), h);
  return [0, 1, 2, 3].map((i) => pairs[sas[i]][1 + (i % 2)]).join(" ");
}
