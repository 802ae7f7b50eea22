// Owns where GEOMETRY of contract.ts lies behind its address, in bytes, and how convolutions share the scratch space.
import { PANEL_BYTES } from './packed';
import { SCRATCH_PANELS } from './memory';

export const IN_HEIGHT: usize = 0;
export const IN_WIDTH: usize = 4;
export const IN_CHANNELS: usize = 8;
export const OUT_HEIGHT: usize = 12;
export const OUT_WIDTH: usize = 16;
export const OUT_CHANNELS: usize = 20;
export const KERNEL_HEIGHT: usize = 24;
export const KERNEL_WIDTH: usize = 28;
export const STRIDE_Y: usize = 32;
export const STRIDE_X: usize = 36;
export const DILATION_Y: usize = 40;
export const DILATION_X: usize = 44;
export const PAD_TOP: usize = 48;
export const PAD_LEFT: usize = 52;
export const MULTIPLIER: usize = 56;

// The panels of the matrix product are free while a convolution runs: first a table, then copies of rows.
export const SCRATCH_TABLE: usize = SCRATCH_PANELS;
export const TABLE_BYTES: usize = 8192;
export const SCRATCH_STRIPS: usize = SCRATCH_TABLE + TABLE_BYTES;
/** Bytes of such copies. */
export const STRIP_BYTES: i32 = <i32>(PANEL_BYTES - TABLE_BYTES);
