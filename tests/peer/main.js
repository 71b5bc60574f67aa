// Calls a ticket, and prints as one JSON object what it came to.
//
//     node main.js TICKET WORD_LIST
//
// Exit status 0 once everything has happened that the document promises: a cookie, the answer, the
// words, a message acknowledged, a path challenge answered, media of two epochs opened, a packet of
// video sent again, and the end heard.
import { Call } from "./call.js";
import { text } from "./bytes.js";
import { fingerprint, makeIdentity } from "./identity.js";

const PACKETS = 50; // of sound, in each epoch
const REKEY_APART_MS = 10000;
const GIVE_UP_MS = 60000;

const [ticket, wordList] = process.argv.slice(2);
const identity = makeIdentity("second");
const call = new Call(identity, ticket, wordList);
const began = Date.now();
let stage = 0;

function heard(epoch) {
  const sound = call.received(0).filter((p) => p.epoch === epoch);
  return sound.length >= PACKETS && call.rtcp.some((p) => p.epoch === epoch);
}

let asked = null; // the picture's packet that is asked for again

// Each waits for what is before the colon and then does what is behind it.
const stages = [
  [() => call.state === "connected", () => {
    call.say(text("hello from another implementation"));
    call.challengePath();
  }],
  [() => call.received(1).length > 0, () => {
    asked = call.received(1)[0];
    call.askAgain(asked.sequence);
  }],
  [() => call.control.idle() && call.echoed && heard(1) && call.cameAgain(asked) &&
    Date.now() - call.confirmedAt >= REKEY_APART_MS, () => call.rekey()],
  [() => call.confirmed === 2 && heard(2), () => call.hangUp()],
  [() => call.control.idle(), () => finish(0)],
];

function sizes(kind) {
  const of = call.received(kind);
  return { packets: of.length, types: [...new Set(of.map((p) => p.type))],
    sizes: new Set(of.map((p) => p.payload.length)).size,
    firstSequence: of[0]?.sequence, epochs: [...new Set(of.map((p) => p.epoch))] };
}

function finish(status) {
  clearInterval(timer);
  call.stop();
  console.log(JSON.stringify({
    state: call.state,
    stage,
    fingerprint: fingerprint(identity.edPublic),
    peer: call.peer && { name: call.peer.name, fingerprint: fingerprint(call.peer.edPublic) },
    profile: call.profile,
    cookies: call.cookies,
    rang: call.rang === true,
    words: call.words,
    media: call.media,
    epoch: call.confirmed,
    audio: sizes(0),
    video: sizes(1),
    again: sizes(2),
    rtcp: { packets: call.rtcp.length, types: [...new Set(call.rtcp.flatMap((p) => p.types))],
      firstIndexes: [1, 2].map((e) => call.rtcp.find((p) => p.epoch === e)?.index) },
    ended: call.ended,
    drops: call.drops,
  }));
  process.exitCode = status;
}

const timer = setInterval(() => {
  if (Date.now() - began > GIVE_UP_MS || call.ended !== null) {
    finish(1);
  } else if (stages[stage][0]()) {
    stages[stage++][1]();
  }
}, 20);
call.start();
