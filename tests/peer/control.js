// The control channel: section 7. Packets, frames, and a stream in each direction.
import { counterNonce, demand, join, pad, Reader, u16, u32, u64, u8 } from "./bytes.js";
import { open, seal } from "./primitives.js";

const SEGMENT = 900;
const RESEND_MS = 300;
const PLAIN_MAX = 1024;

export class Control {
  // send(packet); onMessage(type, body) in order, singles as they come.
  constructor(indexRemote, send, onMessage) {
    Object.assign(this, { indexRemote, send, onMessage });
    this.epochs = []; // newest first, two at most
    this.sendEpoch = null;
    this.out = Buffer.alloc(0); // stream bytes [outTaken, outEnd)
    this.outTaken = 0;
    this.outEnd = 0;
    this.segments = []; // {offset, size, acked, sentAt}
    this.pieces = new Map(); // received, by offset
    this.taken = 0;
    this.held = Buffer.alloc(0); // in order, from `taken` on
  }

  addEpoch(number, sendKey, receiveKey) {
    this.epochs.unshift({ number, sendKey, receiveKey, counter: 0n, seen: new Set() });
    this.epochs.length = Math.min(this.epochs.length, 2);
  }

  useEpoch(number) { this.sendEpoch = this.epochs.find((e) => e.number === number); }

  // --- sending ---

  packet(frames) {
    const epoch = this.sendEpoch;
    const plain = join(...frames);
    const head = join(u8(0x0c), u8(epoch.number % 256), u16(0), u32(this.indexRemote),
      u64(epoch.counter));
    const padded = pad(plain, Math.ceil(plain.length / 128) * 128);
    demand(padded.length <= PLAIN_MAX, "CTRL: too long");
    this.send(join(head, seal(epoch.sendKey, counterNonce(epoch.counter++), head, padded)));
  }

  message(type, body) {
    const bytes = join(u8(type), u32(body.length), body);
    for (let at = 0; at < bytes.length; at += SEGMENT) {
      const size = Math.min(SEGMENT, bytes.length - at);
      this.segments.push({ offset: this.outEnd + at, size, acked: false, sentAt: null });
    }
    this.out = join(this.out, bytes);
    this.outEnd += bytes.length;
    this.flush();
  }

  single(type, body) { this.packet([join(u8(3), u8(type), u16(body.length), body)]); }

  // Sends what is new and, after a while, again what nobody has acknowledged.
  flush(now = Date.now()) {
    const waiting = this.segments.filter((s) => !s.acked).slice(0, 16);
    for (const s of waiting) {
      if (s.sentAt !== null && now - s.sentAt < RESEND_MS) continue;
      s.sentAt = now;
      const begin = s.offset - this.outTaken;
      const bytes = this.out.subarray(begin, begin + s.size);
      this.packet([join(u8(1), u64(s.offset), u16(s.size), bytes)]);
    }
  }

  idle() { return this.outTaken === this.outEnd; }

  // --- receiving ---

  // The number of the epoch that opened it; throws where it is to be dropped.
  receive(packet) {
    demand(packet.length >= 160 && packet.length <= 1056 && packet.length % 128 === 32,
      "CTRL: length");
    const epoch = this.epochs.find((e) => e.number % 256 === packet[1]);
    demand(epoch !== undefined, "CTRL: epoch");
    const counter = packet.readBigUInt64BE(8);
    const plain = open(epoch.receiveKey, counterNonce(counter), packet.subarray(0, 16),
      packet.subarray(16));
    demand(!epoch.seen.has(counter), "CTRL: replay");
    epoch.seen.add(counter);
    this.frames(new Reader(plain));
    return epoch.number;
  }

  frames(r) {
    let acknowledge = false;
    const singles = [];
    while (r.left() > 0) {
      const type = r.u8();
      if (type === 0) {
        r.zeros();
      } else if (type === 1) {
        const offset = Number(r.u64());
        const bytes = r.bytes(r.u16());
        demand(bytes.length > 0 && offset + bytes.length <= this.taken + 65536, "STREAM: window");
        this.pieces.set(offset, bytes);
        acknowledge = true;
      } else if (type === 2) {
        this.onAck(r);
      } else if (type === 3) {
        const singleType = r.u8();
        const body = r.bytes(r.u16());
        demand(singleType >= 64 && body.length <= 64, "SINGLE");
        singles.push([singleType, body]);
      } else {
        demand(false, "frame type");
      }
    }
    for (const [type, body] of singles) this.onMessage(type, body);
    if (acknowledge) this.take();
  }

  onAck(r) {
    const next = Number(r.u64());
    demand(next <= this.outEnd, "ACK: beyond what was sent");
    const ranges = [[0, next]];
    let end = next;
    for (let count = r.u8(), i = 0; i < count; i++) {
      const begin = next + r.u32();
      demand(i === 0 ? begin >= end : begin > end, "ACK: order");
      end = begin + r.u32();
      demand(end > begin && end <= this.outEnd, "ACK: range");
      if (begin === next) ranges[0][1] = end;
      else ranges.push([begin, end]);
    }
    for (const s of this.segments) {
      s.acked ||= ranges.some(([b, e]) => b <= s.offset && s.offset + s.size <= e);
    }
    if (next > this.outTaken) {
      this.out = this.out.subarray(next - this.outTaken);
      this.outTaken = next;
      this.segments = this.segments.filter((s) => s.offset + s.size > next);
    }
  }

  // Joins what has arrived, acknowledges it, and hands whole messages on. Of what lies beyond a gap
  // nothing is said: it is simply sent again.
  take() {
    for (let moved = true; moved;) {
      moved = false;
      const end = this.taken + this.held.length;
      for (const [offset, bytes] of this.pieces) {
        if (offset > end) continue;
        this.pieces.delete(offset);
        if (offset + bytes.length > end) {
          this.held = join(this.held, bytes.subarray(end - offset));
          moved = true;
          break;
        }
      }
    }
    const messages = [];
    while (this.held.length >= 5) {
      const size = this.held.readUInt32BE(1);
      demand(this.held[0] >= 1 && this.held[0] <= 63 && size <= 65531, "message header");
      if (this.held.length < 5 + size) break;
      messages.push([this.held[0], Buffer.from(this.held.subarray(5, 5 + size))]);
      this.held = this.held.subarray(5 + size);
      this.taken += 5 + size;
    }
    const range = this.held.length > 0 ? join(u8(1), u32(0), u32(this.held.length)) : u8(0);
    this.packet([join(u8(2), u64(this.taken), range)]);
    for (const [type, body] of messages) this.onMessage(type, body);
  }
}
