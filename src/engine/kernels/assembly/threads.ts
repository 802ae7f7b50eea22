// Owns how the threads of one network share a record: which part of its work is this thread's, and where they meet. All
// threads interpret the same plan over the same memory; what a thread writes, no other writes in the same record.
// Every number is computed by the same arithmetic whichever thread does it, so results do not depend on how many there
// are: sums over what several threads do are taken in parts of a fixed size, which one thread adds up in order.

/** This thread's part of the record being interpreted, and how many parts there are: 0 of 1 where it is not shared. */
export let part: i32 = 0;
export let parts: i32 = 1;
export function setParts(index: i32, count: i32): void {
  part = index;
  parts = count;
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

/** Waits until all threads that share this record are here. What they wrote before, all can read after. */
export function meet(): void {}
