// SRTP received, SRTCP received and sent, with AES-GCM: section 5. One object an epoch; the RTP
// indexes of the whole call are outside of it.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { demand, join, pad, u16, u32, u8 } from "./bytes.js";

// RFC 3711 section 4.3 with key derivation rate 0, the salt as RFC 7714 section 11 has it.
function derive(master, label, size) {
  const x = pad(master.salt, 14);
  x[7] ^= label;
  const aes = createCipheriv(`aes-${master.key.length * 8}-ctr`, master.key, join(x, u16(0)));
  return aes.update(Buffer.alloc(size));
}

function openGcm(key, iv, aad, sealed) {
  const tagAt = sealed.length - 16;
  const aes = createDecipheriv(`aes-${key.length * 8}-gcm`, key, iv);
  aes.setAAD(aad);
  aes.setAuthTag(sealed.subarray(tagAt));
  return join(aes.update(sealed.subarray(0, tagAt)), aes.final()); // final() throws: not authentic
}

const xor = (a, b) => a.map((v, i) => v ^ b[i]);
const rtcpIv = (packet, index, salt) =>
  xor(join(u16(0), packet.subarray(4, 8), u16(0), u32(index)), salt);

// The session key and salt under two labels.
const session = (master, keyLabel, saltLabel) =>
  ({ key: derive(master, keyLabel, master.key.length), salt: derive(master, saltLabel, 12) });

export class Srtp {
  constructor(epoch, masterIn, masterOut) {
    this.epoch = epoch;
    this.rtp = session(masterIn, 0, 2);
    this.rtcp = session(masterIn, 3, 5);
    this.rtcpOut = session(masterOut, 3, 5);
    this.rtcpIndex = 0;
  }

  // `highest`: index by SSRC, over all epochs. Throws where the packet is to be dropped.
  openRtp(packet, highest) {
    demand(packet.length >= 12 + 17, "RTP: short");
    demand(packet[0] === 0x80, "RTP: padding, extension or CSRC, which nobody sends");
    const sequence = packet.readUInt16BE(2);
    const ssrc = packet.readUInt32BE(8);
    const index = estimate(highest.get(ssrc), sequence);
    const header = packet.subarray(0, 12);
    const iv = xor(join(u16(0), u32(ssrc), u32(Math.floor(index / 65536)), u16(sequence)),
      this.rtp.salt);
    const payload = openGcm(this.rtp.key, iv, header, packet.subarray(12, packet.length - 1));
    if (index > (highest.get(ssrc) ?? -1)) highest.set(ssrc, index);
    return { type: packet[1] & 0x7f, marker: packet[1] >> 7, sequence, ssrc, index,
      timestamp: packet.readUInt32BE(4), payload };
  }

  openRtcp(packet) {
    demand(packet.length >= 8 + 21, "RTCP: short");
    const wordAt = packet.length - 5;
    const word = packet.subarray(wordAt, wordAt + 4);
    demand(word[0] >> 7 === 1, "RTCP: not encrypted");
    const index = word.readUInt32BE() % 0x80000000;
    const iv = rtcpIv(packet, index, this.rtcp.salt);
    const aad = join(packet.subarray(0, 8), word);
    return { index, data: join(packet.subarray(0, 8),
      openGcm(this.rtcp.key, iv, aad, packet.subarray(8, wordAt))) };
  }

  sealRtcp(packet) {
    const { key, salt } = this.rtcpOut;
    const index = ++this.rtcpIndex;
    const word = u32(0x80000000 + index);
    const aes = createCipheriv(`aes-${key.length * 8}-gcm`, key, rtcpIv(packet, index, salt));
    aes.setAAD(join(packet.subarray(0, 8), word));
    const sealed = join(aes.update(packet.subarray(8)), aes.final(), aes.getAuthTag());
    return join(packet.subarray(0, 8), sealed, word, u8(this.epoch % 256));
  }
}

// RFC 3711 section 3.3.1: the index nearest to the highest accepted one.
function estimate(highest, sequence) {
  if (highest === undefined) return sequence;
  const round = Math.floor(highest / 65536);
  const difference = sequence - (highest % 65536);
  if (difference > 32768 && round > 0) return (round - 1) * 65536 + sequence;
  return (difference < -32768 ? round + 1 : round) * 65536 + sequence;
}
