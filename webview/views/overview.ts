// Owns the whole run boiled down to one number a bin, kept from paint to paint: only bins that are new or still filled
// are gathered anew.
import type { Measure } from '../measures';
import { cellKind, type MeasureColumns } from '../recordings';
import { position, type Scale } from '../scale';
import type { Track } from '../track';

export class Overview {
  #track: Track | undefined;
  #bins = 0;
  /** Mean over the layers: of the logarithms on a log scale, of the values otherwise; NaN where there are none. */
  #means = new Float64Array(0);
  #bad = new Uint8Array(0);

  /** Takes in what the track knows more than last time. */
  update(track: Track, measure: Measure, columns: MeasureColumns): void {
    if (track !== this.#track) {
      this.#track = track;
      this.#bins = 0;
    }
    if (this.#means.length < track.bins) {
      const means = new Float64Array(track.bins * 2);
      const bad = new Uint8Array(track.bins * 2);
      means.set(this.#means);
      bad.set(this.#bad);
      this.#means = means;
      this.#bad = bad;
    }
    // The last bin of the time before may have filled up since.
    for (let bin = Math.max(0, this.#bins - 1); bin < track.bins; bin++) {
      let sum = 0;
      let n = 0;
      let bad = 0;
      for (let row = 0; row < columns.value.length; row++) {
        const kind = cellKind(measure, track, columns, row, bin);
        if (kind === 'nonFinite') bad = 1;
        if (kind === 'empty' || kind === 'nonFinite') continue;
        const mean = track.mean(columns.value[row]!, bin);
        // Zero has no logarithm; it counts as the least number there is.
        sum += measure.scale === 'log' ? Math.log10(Math.max(mean, Number.MIN_VALUE)) : mean;
        n++;
      }
      this.#means[bin] = n > 0 ? sum / n : Number.NaN;
      this.#bad[bin] = bad;
    }
    this.#bins = track.bins;
  }

  isBad(bin: number): boolean {
    return this.#bad[bin] === 1;
  }

  /** Share of the scale, NaN where nothing is known. */
  share(bin: number, scale: Scale): number {
    const mean = this.#means[bin] ?? Number.NaN;
    return scale.kind === 'log' ? (mean - scale.low) / (scale.high - scale.low) : position(scale, mean);
  }
}
