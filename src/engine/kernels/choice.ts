// Owns which of the interpreters computes a network: WebAssembly where it can, the reference where it must.
import type { ArenaBytes } from '../arena';
import type { ThreadSource } from '../threads';
import type { Kernels } from './contract';
import { createReferenceKernels } from './reference';
import { createWasmKernels, wasmFlavours } from './wasm';

/**
 * @param wanted `auto`: the best WebAssembly that the machine has, and the reference where it has none; a name takes that
 * one. In float64 it is always the reference.
 * @throws UserError where the machine has not that much memory
 */
export function chooseKernels(
  bytes: ArenaBytes,
  precision: 'float32' | 'float64',
  wanted: 'auto' | Kernels['name'] = 'auto',
  threads?: ThreadSource,
): Kernels {
  const flavour = wanted === 'auto' ? wasmFlavours()[0] : wanted;
  if (precision === 'float64' || flavour === 'reference' || !flavour) return createReferenceKernels(bytes, precision);
  return createWasmKernels(bytes, flavour, { threads });
}
