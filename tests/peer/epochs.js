// The key schedule: section 4. One object holds the chain and what is drawn from it.
import { join, text, u16, u32, u8 } from "./bytes.js";
import { hkdfExpand, hmac, sha512 } from "./primitives.js";

export const OUT = 0; // initiator to responder
export const IN = 1;
const SRTP_SIZES = new Map([[0x0008, [32, 12]], [0x0007, [16, 12]]]);

export class Epochs {
  constructor(exporter, h, profile) {
    this.profile = profile;
    this.number = 0;
    this.e = hmac(exporter, text("tacet/1 epoch0"), h);
    this.ssrcs = drawSsrcs(exporter, h);
  }

  advance(shared, rekey1, rekey2) {
    this.number++;
    this.e = hmac(this.e, text("tacet/1 rekey"), u32(this.number), shared, sha512(rekey1, rekey2));
  }

  draw(label, direction, profile, size) {
    return hkdfExpand(this.e, join(text("tacet/1 "), text(label), u8(0), u8(direction),
      u32(this.number), u16(profile)), size);
  }

  ctrlKey(direction) { return this.draw("ctrl", direction, 0, 32); }

  srtpKey(direction) {
    const [keySize, saltSize] = SRTP_SIZES.get(this.profile);
    const both = this.draw("srtp", direction, this.profile, keySize + saltSize);
    return { key: both.subarray(0, keySize), salt: both.subarray(keySize) };
  }
}

// [direction][kind]
function drawSsrcs(exporter, h) {
  const drawn = [];
  for (const direction of [0, 1]) {
    for (const kind of [0, 1, 2, 3]) {
      let ssrc = 0;
      for (let attempt = 0; ssrc === 0 || drawn.includes(ssrc); attempt++) {
        ssrc = hmac(exporter, text("tacet/1 ssrc"), h, u8(direction), u8(kind), u8(attempt))
          .readUInt32BE();
      }
      drawn.push(ssrc);
    }
  }
  return [drawn.slice(0, 4), drawn.slice(4)];
}
