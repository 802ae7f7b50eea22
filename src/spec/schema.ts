// Owns the whole language as one table: types, defaults, texts, checks and the JSON schema all come from it. Its parts
// stand in `schema/`. What a spec means beyond its single fields (names, shapes) is `graph.ts`'s and `shapes.ts`'s.
import { type DataSpec, data } from './schema/data';
import { constant, integer, list, type ObjectOf, object, optional, required, text, withDefault } from './schema/fields';
import { ignored } from './schema/ignored';
import { type LayerSpec, layerList } from './schema/layers';
import { loss, optimizer, training } from './schema/training';

export type { DataSpec } from './schema/data';
export type { ActivationName, InitializerSpec } from './schema/initializers';
export type { LayerSpec, PlainLayerSpec, RepeatSpec, ResidualSpec } from './schema/layers';
export type { LossName, OptimizerSpec, PretrainingSpec, ScheduleSpec, TrainingSpec } from './schema/training';

export const rootFields = {
  $schema: optional(text, "Where the language's JSON schema lies, for editors that do not know the language."),
  netspec: required(constant(1), 'Version of the language: 1.'),
  name: optional(text, 'What the run is called. Default: the name of the file.'),
  seed: withDefault(
    integer(),
    0,
    'All randomness comes from it: the same seed, spec and engine give the same run, bit for bit.',
  ),
  data: required(data, 'What it learns from.'),
  layers: required(
    layerList,
    'The layers from the input to the output. Each takes the one before it, unless it names its `inputs`.',
  ),
  loss: required(loss, 'What training lowers: always the mean over the batch, so gradients do not grow with its size.'),
  optimizer: withDefault(
    optimizer,
    'sgd',
    "How weights are changed along the gradient: a name, or an object with `type` and options. Update rules are PyTorch's.",
  ),
  training: withDefault(training, {}, 'How long and how it is trained.'),
  ignore: withDefault(
    list('list of finding codes', ignored, 0),
    [],
    'Findings about its gradients that are not shown: codes such as `"GF103"`, or objects with `code` and `reason`.',
  ),
};

/** The whole file. */
export const root = object('network', rootFields);

type RootFields = ObjectOf<typeof rootFields>;
/** A validated spec: every default filled in, every short form written out. */
export interface Spec extends Omit<RootFields, 'layers' | 'data'> {
  readonly data: DataSpec;
  readonly layers: readonly LayerSpec[];
}
export type LayerType = LayerSpec['type'];
