// Owns the runs of small records that are done in one go (SMALL_RUN of contract.ts): networks of a few units spend as long
// on coming from one record to the next as on their numbers. The arithmetic is that of the records one by one, bit for bit:
// their operations do it, but for plain descent on a kernel and its bias, which is done for both at once.
import { activationBackward } from './backward';
import { RECORD_LENGTH, SmallRun } from './contract';
import { descendBoth, descends } from './descent';
import { biasActivation } from './forward';
import { productDirect, productDots } from './gemm';
import { floatAt, floatOrNone, intAt, statsOrNone } from './memory';
import { biasGradient } from './moves';
import { parameter, writeUnitNorms } from './parameters';

const RECORD_BYTES: usize = <usize>RECORD_LENGTH << 2;

/** The run that begins at the record `r`; `base` is the address of the step's statistics. Answers the last record's address. */
export function smallRun(run: i32, r: usize, base: usize): usize {
  const next = r + RECORD_BYTES;
  if (run == SmallRun.forward) {
    direct(r);
    biasActivation(
      load<i32>(next, 24), load<i32>(next, 4), load<i32>(next, 8), floatAt(next + 12), floatAt(next + 16),
      floatOrNone(next + 20), floatAt(next + 28), load<i32>(next, 32), statsOrNone(next + 36, base),
    );
    return next;
  }
  if (run == SmallRun.backward) {
    direct(r);
    activationBackward(
      load<i32>(next, 24), load<i32>(next, 4) * load<i32>(next, 8), floatAt(next + 12), floatAt(next + 16),
      floatAt(next + 20), floatAt(next + 28), load<i32>(next, 32), intAt(next + 36), intAt(next + 40),
      statsOrNone(next + 44, base), load<i32>(next, 48),
    );
    return next;
  }
  productDots(
    load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12), floatAt(r + 16), load<i32>(r, 20), floatAt(r + 28),
    load<i32>(r, 36), floatAt(r + 40), load<i32>(r, 44),
  );
  if (run == SmallRun.update) {
    update(next, base);
    return next;
  }
  biasGradient(load<i32>(next, 4), load<i32>(next, 8), floatAt(next + 12), load<i32>(next, 16), floatAt(next + 20));
  const kernel = next + RECORD_BYTES, bias = kernel + RECORD_BYTES;
  const exponent = load<i32>(intAt(kernel + 36));
  // Both have the exponent and the optimizer of the one.
  if (descends(load<i32>(kernel, 4), floatOrNone(kernel + 24), floatAt(kernel + 32), exponent, load<i32>(kernel, 48))) {
    const rows = load<i32>(kernel, 8), columns = load<i32>(kernel, 12), G = floatAt(kernel + 20);
    descendBoth(
      rows * columns, floatAt(kernel + 16), G, statsOrNone(kernel + 40, base),
      load<i32>(bias, 12), floatAt(bias + 16), floatAt(bias + 20), statsOrNone(bias + 40, base),
    );
    const norms = floatOrNone(kernel + 44);
    if (norms != 0) writeUnitNorms(rows, columns, G, norms);
  } else {
    update(kernel, base);
    update(bias, base);
  }
  return bias;
}

/** A gemm in place. */
// @ts-ignore: decorator
@inline function direct(r: usize): void {
  productDirect(
    load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12), floatAt(r + 16), load<i32>(r, 20), load<i32>(r, 24),
    floatAt(r + 28), load<i32>(r, 32), floatAt(r + 40), load<i32>(r, 44), 0,
  );
}
// @ts-ignore: decorator
@inline function update(r: usize, base: usize): void {
  parameter(
    load<i32>(r, 4), load<i32>(r, 8), load<i32>(r, 12), floatAt(r + 16), floatAt(r + 20), floatOrNone(r + 24),
    floatOrNone(r + 28), floatAt(r + 32), load<i32>(intAt(r + 36)), statsOrNone(r + 40, base), floatOrNone(r + 44),
    load<i32>(r, 48),
  );
}
