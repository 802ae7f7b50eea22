// Owns how the threads of one network share a record: which part of its work is this thread's, and where they meet. All
// threads interpret the same plan over the same memory; what a thread writes, no other writes in the same record.
// Every number is computed by the same arithmetic whichever thread does it, so results do not depend on how many there
// are: sums over what several threads do are taken in parts of a fixed size, which one thread adds up in order.
//
// What threads tell each other lies in the control words, on cache lines of their own. How jobs are handed out is
// `index.ts`'s; that a thread exists at all, the host's (`../../threads.ts`).

/** This thread's part of the record being interpreted, and how many parts there are: 0 of 1 where it is not shared. */
export let part: i32 = 0;
export let parts: i32 = 1;
export function setParts(index: i32, count: i32): void {
  part = index;
  parts = count;
}
/** Whether the record has the flag OPEN. */
export let open: bool = false;
export function setOpen(is: bool): void {
  open = is;
}

/** First of this thread's items of `count`, dealt out in runs of `unit`. */
// @ts-ignore: decorator
@inline export function partBegin(count: i32, unit: i32): i32 {
  return parts == 1 ? 0 : boundary(count, unit, part);
}
/** One behind the last of them. */
// @ts-ignore: decorator
@inline export function partEnd(count: i32, unit: i32): i32 {
  return parts == 1 ? count : boundary(count, unit, part + 1);
}
function boundary(count: i32, unit: i32, index: i32): i32 {
  const runs = (count + unit - 1) / unit;
  return min(count, <i32>((<i64>runs * index) / parts) * unit);
}

// The control words, in bytes from `control` on.
const ARRIVED: usize = 0;
/** Counts meetings: who waits for the end of one waits for this to change. */
const GENERATION: usize = 64;
/** How many sleep in a meeting, and how many for a job: nobody is woken where nobody sleeps. */
const SLEEPERS: usize = 68;
const IDLERS: usize = 128;
/** Number of the job in the upper 24 bits, and how many threads do it in the lower eight. */
const JOB: usize = 192;
/** Helpers that have enlisted. */
const ENLISTED: usize = 256;
/** The word of the job that was stopped last; read after each meeting that precedes shared work. */
const STOPPED: usize = 260;
/** 1 once a thread has waited in vain. */
const FAULT: usize = 264;
/** Up to 16 integers: what the job is. */
const ORDER: usize = 320;
export const CONTROL_BYTES: usize = 384;

/**
 * So often a thread looks before it sleeps: some hundred microseconds, more than threads wait for each other in a step. A
 * thread that sleeps often is woken on the processor of who wakes it, and Linux then leaves both there.
 */
const LOOKS: i32 = 262144;

let control: usize = 0;
/** Milliseconds after which a thread that does not come is taken for dead. */
let patience: i32 = 0;
export function setControl(at: usize, patienceMs: i32): void {
  control = at;
  patience = patienceMs;
}

/** Waits until all threads that share this record are here. What they wrote before, all can read after. */
export function meet(): void {
  if (parts != 1) meetOf(parts);
}

/** The same of so many threads, whichever record they are at. Traps where one does not come for `patience`. */
export function meetOf(threads: i32): void {
  const generation = atomic.load<i32>(control, GENERATION);
  if (atomic.add<i32>(control, 1, ARRIVED) == threads - 1) {
    // The last one: all others wait, so nobody else writes these.
    atomic.store<i32>(control, 0, ARRIVED);
    atomic.store<i32>(control, generation + 1, GENERATION);
    if (atomic.load<i32>(control, SLEEPERS) != 0) wake(control + GENERATION);
  } else {
    awaitChange(GENERATION, generation, SLEEPERS, patience);
  }
}

/** Waits until the word at `word` is no longer `value`: looking for a while, then asleep. A negative limit is forever. */
function awaitChange(word: usize, value: i32, sleepers: usize, limitMs: i32): void {
  const at = control + word;
  for (let k = 0; k < LOOKS; k++) if (atomic.load<i32>(at) != value) return;
  atomic.add<i32>(control + sleepers, 1);
  while (atomic.load<i32>(at) == value) {
    // The others would wait for this thread in turn; each says so and ends.
    if (sleep(at, value, limitMs) != 0) {
      atomic.store<i32>(control, 1, FAULT);
      unreachable();
    }
  }
  atomic.sub<i32>(control + sleepers, 1);
}
// The host's Atomics, not the instructions: V8's baseline compiler (seen in 11.3, Node 20) loses the registers of a
// function that goes on after those. `sleep` answers 1 where `limitMs` are over, and sleeps for ever where it is negative.
// @ts-ignore: decorator
@external("env", "sleep") declare function sleep(at: usize, value: i32, limitMs: i32): i32;
// @ts-ignore: decorator
@external("env", "wake") declare function wake(at: usize): void;

/** The word of the job that this thread saw last. */
let seen: i32 = 0;

/** Of the first thread: a job for itself and helpers, at most `most` threads together. Answers how many do it. */
export function crewOf(most: i32): i32 {
  return most == 1 ? 1 : min(most, 1 + atomic.load<i32>(control, ENLISTED));
}
/** Address of the 16 integers that describe the next job. */
export function order(): usize {
  return control + ORDER;
}
/** Hands the job in `order` to the first `threads − 1` helpers. */
export function post(threads: i32): void {
  seen = (((atomic.load<i32>(control, JOB) >>> 8) + 1) << 8) | threads;
  atomic.store<i32>(control, seen, JOB);
  if (atomic.load<i32>(control, IDLERS) != 0) wake(control + JOB);
}
/** Ends the job: helpers stop at the next meeting at the latest, which is this one. */
export function dismiss(threads: i32): void {
  // By its name, which stays true when the next job is there before the last helper has looked.
  atomic.store<i32>(control, seen, STOPPED);
  meetOf(threads);
}
/** Whether the job goes on. */
// @ts-ignore: decorator
@inline export function goesOn(): bool {
  return atomic.load<i32>(control, STOPPED) != seen;
}

/** Of a helper: makes it known. Answers its index, from 1 on. */
export function enlist(): i32 {
  // First the job, then the list: so no job counts this helper before the one that it waits for.
  seen = atomic.load<i32>(control, JOB);
  return 1 + atomic.add<i32>(control, 1, ENLISTED);
}
/** Of helper `index`: waits for a job that counts it in. Answers how many threads do it. */
export function awaitJob(index: i32): i32 {
  do {
    awaitChange(JOB, seen, IDLERS, -1);
    seen = atomic.load<i32>(control, JOB);
  } while (index >= (seen & 255));
  return seen & 255;
}

/** Whether a thread has waited in vain, so that results are not to be trusted. */
export function faulted(): bool {
  return atomic.load<i32>(control, FAULT) != 0;
}
