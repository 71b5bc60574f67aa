// One outgoing call, from INIT to the end: sections 3 to 9 in their order, the caller's side.
import { createSocket } from "node:dgram";
import { demand, equal, join, Malformed, Reader, u16, u32, u8 } from "./bytes.js";
import { Control } from "./control.js";
import { Epochs, IN, OUT } from "./epochs.js";
import { Initiator } from "./handshake.js";
import { readTicket, sasCommitment, words } from "./identity.js";
import { randomBytes, xwing } from "./primitives.js";
import { Srtp } from "./srtp.js";

const RING = 1, ANSWER = 2, ANSWER_ACK = 3, DECLINE = 4, HANGUP = 5, MEDIA = 6, MESSAGE = 7;
const AUDIO = 0, VIDEO = 1, RTX = 2; // kinds of SSRC
const REKEY1 = 8, REKEY2 = 9, PING = 64, CHALLENGE = 65, RESPONSE = 66;
const TICK_MS = 20;

export class Call {
  constructor(identity, ticket, wordList) {
    this.identity = identity;
    this.ticket = readTicket(ticket);
    this.wordList = wordList;
    this.nI = randomBytes(32);
    this.initiator = new Initiator(identity, this.ticket.key, sasCommitment(this.nI));
    this.state = "dialling";
    this.ended = null;
    this.srtp = []; // newest first, two at most
    this.highest = new Map(); // RTP indexes
    this.rtp = []; // what was opened
    this.rtcp = [];
    this.messages = [];
    this.drops = [];
    this.echoed = false; // our PATH_CHALLENGE was answered
    this.confirmed = 0; // epoch, and when
    this.confirmedAt = 0;
    // A mac2 as of a cookie that has grown old: the callee must answer with a fresh one.
    this.init = join(this.initiator.init.subarray(0, 624), randomBytes(16));
    this.cookies = 0;
    this.sentAt = 0;
    this.interval = 200;
  }

  start() {
    const { host, port } = this.ticket.endpoints[0];
    this.remote = [port, host];
    this.socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.socket.on("message", (packet) => this.onPacket(packet));
    this.timer = setInterval(() => this.onTick(Date.now()), TICK_MS);
    this.onTick(Date.now());
  }

  stop() {
    clearInterval(this.timer);
    this.socket.close();
  }

  send(packet) { this.socket.send(packet, ...this.remote); }

  onTick(now) {
    if (this.state === "dialling" || this.state === "confirming") {
      if (now - this.sentAt >= this.interval) {
        this.interval = this.sentAt === 0 ? 200 : Math.min(this.interval * 1.5, 3000);
        this.sentAt = now;
        this.send(this.state === "dialling" ? this.init : this.fin);
        this.cookieWanted = true;
      }
      return;
    }
    this.control.flush(now);
    if (now - this.pingAt >= 1000) this.ping(now);
  }

  ping(now) {
    this.pingAt = now;
    this.control.single(PING, Buffer.alloc(0));
  }

  // --- packets ---

  onPacket(packet) {
    try {
      this.dispatch(packet);
    } catch (error) {
      // Whatever cannot be read is dropped, whatever the reason (@noble and Node throw their own).
      if (!(error instanceof Malformed) && !/tag|auth|bad point|invalid/i.test(error.message)) {
        throw error;
      }
      this.drops.push(error.message);
    }
  }

  dispatch(packet) {
    demand(packet.length >= 2 && packet.length <= 1200, "datagram");
    const [first, second] = packet;
    if (first === 0x09 && this.state === "dialling") this.onResp(packet);
    else if (first === 0x0b && this.state === "dialling") this.onCookie(packet);
    else if (first === 0x0c && this.control) this.onCtrl(packet);
    else if (first >= 128 && first < 192 && this.state === "connected") {
      this.onMedia(packet, second >= 192 && second < 224);
    } else demand(false, `nothing for 0x${first.toString(16)} while ${this.state}`);
  }

  onCookie(packet) {
    demand(this.cookieWanted, "COOKIE: unasked");
    this.init = this.initiator.consumeCookie(packet);
    this.cookieWanted = false;
    this.cookies++;
    this.send(this.init);
  }

  onResp(packet) {
    const result = this.initiator.consumeResp(packet);
    Object.assign(this, { fin: result.fin, h: result.h, peer: result.peer,
      profile: result.profile, indexLocal: result.indexLocal });
    this.epochs = new Epochs(result.exporter, result.h, result.profile);
    this.control = new Control(result.indexRemote, (p) => this.send(p),
      (type, body) => this.onMessage(type, body));
    this.addControlKeys();
    this.control.useEpoch(0);
    this.state = "confirming";
    this.interval = 300;
    this.sentAt = Date.now();
    this.pingAt = this.sentAt;
    this.send(this.fin);
    this.rekey();
    // Audio, Opus; no video.
    this.control.message(MEDIA, join(u8(1), u8(111), u8(0), u8(0), u16(0), u16(0)));
  }

  onCtrl(packet) {
    demand(packet.length >= 16 && packet.readUInt32BE(4) === this.indexLocal, "CTRL: index");
    const epoch = this.control.receive(packet);
    if (this.state === "confirming") this.state = "ringing";
    this.confirm(epoch);
  }

  onMedia(packet, rtcp) {
    const srtp = this.srtp.find((s) => s.epoch % 256 === packet[packet.length - 1]);
    demand(srtp !== undefined, "media: epoch");
    demand(this.epochs.ssrcs[IN].includes(packet.readUInt32BE(rtcp ? 4 : 8)), "media: SSRC");
    if (rtcp) {
      const { index, data } = srtp.openRtcp(packet);
      this.rtcp.push({ epoch: srtp.epoch, index, types: rtcpTypes(data) });
    } else {
      this.rtp.push({ epoch: srtp.epoch, ...srtp.openRtp(packet, this.highest) });
    }
    this.confirm(srtp.epoch);
  }

  // --- epochs ---

  rekey() {
    this.pair = xwing.generate();
    this.control.message(REKEY1, this.pair.publicKey);
  }

  addControlKeys() {
    this.control.addEpoch(this.epochs.number, this.epochs.ctrlKey(OUT), this.epochs.ctrlKey(IN));
  }

  onRekey2(body) {
    demand(this.pair !== null, "REKEY2: unasked");
    const shared = xwing.decapsulate(this.pair, body);
    this.epochs.advance(shared, this.pair.publicKey, body);
    this.pair = null;
    this.addControlKeys();
    this.srtp.unshift(new Srtp(this.epochs.number, this.epochs.srtpKey(IN),
      this.epochs.srtpKey(OUT)));
    this.srtp.length = Math.min(this.srtp.length, 2);
    this.control.useEpoch(this.epochs.number);
    this.ping(Date.now());
  }

  confirm(epoch) {
    if (epoch > this.confirmed) {
      this.confirmed = epoch;
      this.confirmedAt = Date.now();
    }
  }

  // --- messages ---

  onMessage(type, body) {
    if (type === RING) this.rang = true;
    else if (type === ANSWER) this.onAnswer(body);
    else if (type === DECLINE || type === HANGUP) this.ended = body[0];
    else if (type === MEDIA) this.media = this.readMedia(body);
    else if (type === MESSAGE) this.messages.push(body);
    else if (type === REKEY2) this.onRekey2(body);
    else if (type === CHALLENGE) this.control.single(RESPONSE, body);
    else if (type === RESPONSE) this.echoed ||= equal(body, this.challenge ?? Buffer.alloc(0));
    else demand(type === PING, `message ${type}`);
    if (this.state === "answered" && this.control.sendEpoch.number >= 1) this.state = "connected";
  }

  onAnswer(body) {
    demand(this.state === "ringing" && body.length === 32, "ANSWER");
    this.state = "answered";
    this.words = words(this.nI, body, this.h, this.wordList);
    this.control.message(ANSWER_ACK, this.nI);
  }

  readMedia(body) {
    const r = new Reader(body);
    const media = { flags: r.u8(), audio: r.u8(), video: r.u8(), fps: r.u8(), width: r.u16(),
      height: r.u16() };
    demand(r.left() === 0 && media.flags < 32, "MEDIA");
    return media;
  }

  // --- what the app may do once connected ---

  say(data) { this.control.message(MESSAGE, data); }

  challengePath() {
    this.challenge = randomBytes(8);
    this.control.single(CHALLENGE, this.challenge);
  }

  // What was opened of one kind.
  received(kind) { return this.rtp.filter((p) => p.ssrc === this.epochs?.ssrcs[IN][kind]); }

  // Asks for a video packet again: a NACK of RFC 4585, alone in its packet (RFC 5506).
  askAgain(sequence) {
    const [own, theirs] = [this.epochs.ssrcs[OUT][AUDIO], this.epochs.ssrcs[IN][VIDEO]];
    const nack = join(u8(0x81), u8(205), u16(3), u32(own), u32(theirs), u16(sequence), u16(0));
    this.send(this.srtp[0].sealRtcp(nack));
  }

  // Whether a retransmission (RFC 4588) brought exactly what the packet itself had brought.
  cameAgain({ sequence, payload, timestamp, marker }) {
    return this.received(RTX).some((p) => p.type === 97 && p.timestamp === timestamp &&
      p.marker === marker && equal(p.payload, join(u16(sequence), payload)));
  }

  hangUp() {
    this.state = "ending";
    this.control.message(HANGUP, u8(1));
  }
}

// The packet types of a compound packet, RFC 3550 section 6.1.
function rtcpTypes(data) {
  const types = [];
  for (let at = 0; at < data.length; at += 4 + 4 * data.readUInt16BE(at + 2)) {
    types.push(data[at + 1]);
  }
  return types;
}
