// Owns tables of text: which columns go in, which one is predicted, and what each cell must be. Quotes, delimiters and
// line ends are papaparse's. Leaves splits and scaling to `samples.ts`.
import Papa from 'papaparse';
import { splitCounts } from '../spec/dataShape';
import type { DataShape } from '../spec/network';
import type { DataSpec, LossName } from '../spec/schema';
import { DATA_CODES, type DataContext, DataError, type FoundFile, findFile, readFound } from './files';
import { checkTotal, type RawSamples, type SourceShape } from './samples';

type CsvSpec = Extract<DataSpec, { source: 'csv' }>;

const PATH_FIELD = ['data', 'path'] as const;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** So much is read when only the shape is asked for, of most tables the whole: some ten milliseconds. */
const PEEK_BYTES = 2 ** 20;
/** Of these the delimiter is guessed. */
const GUESS_CHARACTERS = 2 ** 16;
const CLASS_LOSSES: readonly LossName[] = ['softmaxCrossEntropy', 'binaryCrossEntropy', 'hinge'];

/** Whether a loss wants class labels. */
export function wantsClasses(loss: LossName): boolean {
  return CLASS_LOSSES.includes(loss);
}

/** Reads a table. With a loss on classes the target's texts become sorted class numbers. @throws DataError */
export function loadCsv(
  data: CsvSpec,
  loss: LossName,
  context: DataContext,
): { shape: SourceShape; samples: RawSamples } {
  const file = findFile(data.path, PATH_FIELD, context);
  return readTable(decode(readFound(file, context.files), file), file, data, wantsClasses(loss));
}

/**
 * What the table's first rows tell; a small table is read in whole, which tells the classes and the samples too.
 * @param loss decides between labels and numbers; without it nothing is said about the target
 * @throws DataError
 */
export function peekCsv(data: CsvSpec, context: DataContext, loss?: LossName): DataShape {
  const file = findFile(data.path, PATH_FIELD, context);
  const classes = loss === undefined ? undefined : wantsClasses(loss);
  if (file.bytes <= PEEK_BYTES && classes !== undefined) {
    const { shape, samples } = readTable(decode(readFound(file, context.files), file), file, data, classes);
    const count = Math.min(samples.count, data.limit ?? samples.count);
    return { ...shape, ...splitCounts(count, data.testSplit) };
  }
  let text = decode(readFound(file, context.files, PEEK_BYTES), file);
  if (file.bytes > PEEK_BYTES) {
    text = text.slice(0, text.lastIndexOf('\n') + 1);
    // Nothing but blank lines, or a row longer than what was read: only reading it all tells.
    if (text.trim() === '') return {};
  }
  let columns: Columns | undefined;
  eachRow(text, file, data, (cells) => {
    columns = chooseColumns(cells, data, file);
    return false;
  });
  if (!columns) throw emptyTable(file);
  const inputShape = [columns.features.length];
  if (classes === undefined) return { inputShape };
  return { inputShape, targetKind: classes ? 'classes' : 'values', targetShape: classes ? [] : [1] };
}

interface Columns {
  readonly hasHeader: boolean;
  /** Of the header, or `column 3` without one. */
  readonly names: readonly string[];
  readonly features: readonly number[];
  readonly target: number;
}

function readTable(
  text: string,
  file: FoundFile,
  data: CsvSpec,
  asClasses: boolean,
): { shape: SourceShape; samples: RawSamples } {
  let columns: Columns | undefined;
  const inputs = new Floats();
  const values = new Floats();
  const labels = new Map<string, number>();
  let count = 0;
  eachRow(text, file, data, (cells, line) => {
    const first = columns === undefined;
    columns ??= chooseColumns(cells, data, file);
    if (first && columns.hasHeader) return true;
    const { names, features, target } = columns;
    if (cells.length !== names.length) {
      throw new DataError(
        DATA_CODES.table,
        `“${file.name}”, line ${line}: ${cells.length} cells, and the first row has ${names.length}.`,
        'Give every row the same cells; put a cell with the delimiter in it into double quotes.',
        PATH_FIELD,
      );
    }
    for (const f of features) inputs.push(numberOf(cells[f]!, file, line, names[f]!, 'inputs are numbers'));
    if (asClasses) {
      const label = cells[target]!.trim();
      if (label === '') throw wrongCell(file, line, names[target]!, 'is empty, and has to be a class');
      if (!labels.has(label)) labels.set(label, labels.size);
      values.push(labels.get(label)!);
    } else values.push(numberOf(cells[target]!, file, line, names[target]!, 'this loss is for numbers'));
    count++;
    if (count % 65_536 === 0) checkTotal(count, features.length, PATH_FIELD);
    return true;
  });
  if (!columns || count === 0) throw emptyTable(file);
  const inputShape = [columns.features.length];
  const common = { count, inputs: inputs.taken(), scale: 1 };
  if (!asClasses) {
    const samples = { ...common, targets: values.taken() };
    return { shape: { inputShape, targetKind: 'values', targetShape: [1] }, samples };
  }
  const { ranks, classes } = rankLabels([...labels.keys()]);
  const targets = Int32Array.from(values.taken(), (index) => ranks[index]!);
  return {
    shape: { inputShape, targetKind: 'classes', targetShape: [], classes },
    samples: { ...common, targets },
  };
}

/** Class numbers in the labels' order: by value where all are numbers (1 and 1.0 are one class), by character otherwise. */
function rankLabels(labels: readonly string[]): { ranks: number[]; classes: number } {
  const numeric = labels.every((l) => NUMBER.test(l));
  const key = (label: string) => (numeric ? String(Number(label)) : label);
  const sorted = [...new Set(labels.map(key))].sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
  const rank = new Map(sorted.map((label, i) => [label, i]));
  return { ranks: labels.map((l) => rank.get(key(l))!), classes: sorted.length };
}

function chooseColumns(first: readonly string[], data: CsvSpec, file: FoundFile): Columns {
  const byName = [data.target, ...(data.features ?? [])].some((c) => typeof c === 'string');
  const hasHeader = byName || !first.some((cell) => NUMBER.test(cell.trim()));
  const names = first.map((cell, i) => (hasHeader ? cell.trim() : `column ${i}`));
  const find = (column: string | number, field: readonly string[]): number => {
    const index = typeof column === 'number' ? column : names.indexOf(column);
    const twice = typeof column === 'string' && names.indexOf(column, index + 1) > 0 && index >= 0;
    if (Number.isInteger(index) && index >= 0 && index < names.length && !twice) return index;
    const has = hasHeader
      ? `columns ${names
          .map((n) => `“${shortened(n)}”`)
          .slice(0, 20)
          .join(', ')}`
      : `${names.length} columns`;
    const what =
      typeof column === 'number' ? `no column ${column}` : `${twice ? 'two columns' : 'no column'} “${column}”`;
    throw new DataError(
      DATA_CODES.column,
      `“${file.name}” has ${what}: it has ${has}.`,
      twice ? 'Name the column by its number, from 0.' : 'Name a column of the first row, or give its number from 0.',
      field,
    );
  };
  const target = find(data.target ?? names.length - 1, ['data', 'target']);
  const features = data.features
    ? data.features.map((c) => find(c, ['data', 'features']))
    : names.map((_, i) => i).filter((i) => i !== target);
  if (features.includes(target)) {
    throw new DataError(
      DATA_CODES.column,
      `The target “${names[target]}” is among the features too, so there would be nothing to learn.`,
      'Take it out of `features`.',
      ['data', 'features'],
    );
  }
  if (features.length === 0) {
    throw new DataError(
      DATA_CODES.table,
      `“${file.name}” has one column alone, and at least one beside the target is needed.`,
      'Check the `delimiter`.',
      PATH_FIELD,
    );
  }
  return { hasHeader, names, features, target };
}

/**
 * Calls `take` with each row that is not blank and its line number from 1, until that answers false.
 * @throws DataError NS304 where quotes are not closed
 */
function eachRow(text: string, file: FoundFile, data: CsvSpec, take: (cells: string[], line: number) => boolean): void {
  const { delimiter } = data;
  if (delimiter !== undefined && [...Papa.BAD_DELIMITERS].some((bad) => delimiter.includes(bad))) {
    throw new DataError(
      DATA_CODES.table,
      'A delimiter cannot be a line end or a double quote.',
      'Give another one, such as "," or ";", or leave it out.',
      ['data', 'delimiter'],
    );
  }
  const quoted = text.includes('"');
  let line = 1;
  Papa.parse<string[]>(text, {
    delimiter: delimiter ?? guessDelimiter(text),
    newline: '\n',
    step({ data: cells, errors }, parser) {
      const begin = line;
      line += 1;
      if (quoted) for (const cell of cells) line += lineEnds(cell);
      const fault = errors.find((e) => e.type === 'Quotes');
      if (fault) {
        throw new DataError(
          DATA_CODES.table,
          `“${file.name}”, line ${begin}: a double quote is not closed where its cell ends.`,
          'Close it, and write a quote within a quoted cell twice.',
          PATH_FIELD,
        );
      }
      if (cells.length === 1 && cells[0]!.trim() === '') return;
      if (!take(cells, begin)) parser.abort();
    },
  });
}

/** Found out from the first rows; blank ones would mislead the guess, yet have to be counted as lines later. */
function guessDelimiter(text: string): string {
  const { meta } = Papa.parse<string[]>(text.slice(0, GUESS_CHARACTERS), {
    newline: '\n',
    preview: 10,
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', '\t', ';', '|'],
  });
  return meta.delimiter;
}

function decode(bytes: Uint8Array, file: FoundFile): string {
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new DataError(
      DATA_CODES.table,
      `“${file.name}” is no table in UTF-8 text: it has zero bytes.`,
      'Save it as CSV in UTF-8.',
      PATH_FIELD,
    );
  }
  try {
    // The decoder drops a byte order mark.
    return new TextDecoder().decode(bytes).replace(/\r\n?/g, '\n');
  } catch {
    // Strings have a longest length in every JavaScript engine, near the most that files may have.
    throw new DataError(DATA_CODES.size, `“${file.name}” is too large for a table.`, 'Take a part of it.', PATH_FIELD);
  }
}

function numberOf(cell: string, file: FoundFile, line: number, column: string, why: string): number {
  const text = cell.trim();
  if (!NUMBER.test(text)) {
    throw wrongCell(file, line, column, text === '' ? `is empty, and ${why}` : `is “${shortened(text)}”, and ${why}`);
  }
  const value = Math.fround(Number(text));
  if (!Number.isFinite(value)) throw wrongCell(file, line, column, `is ${shortened(text)}, beyond single precision`);
  return value;
}

function wrongCell(file: FoundFile, line: number, column: string, what: string): DataError {
  const name = /^column \d+$/.test(column) ? column : `column “${shortened(column)}”`;
  return new DataError(
    DATA_CODES.cell,
    `“${file.name}”, line ${line}, ${name} ${what}.`,
    'Correct the cell, or choose other columns with `features` and `target`; text can be a target for classification losses.',
    PATH_FIELD,
  );
}

function emptyTable(file: FoundFile): DataError {
  return new DataError(
    DATA_CODES.samples,
    `“${file.name}” has no rows with samples.`,
    'Name a table that has some.',
    PATH_FIELD,
  );
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function lineEnds(text: string): number {
  let n = 0;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) n++;
  return n;
}

/** Numbers whose count is not known beforehand. */
class Floats {
  #items = new Float32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Float32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = value;
  }

  taken(): Float32Array {
    return this.#items.slice(0, this.#length);
  }
}
