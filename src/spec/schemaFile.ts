// Owns the schemas as the files that ship: their names and texts. Writing them is the build's.
import { editorSchema, strictSchema } from './jsonSchema';

/** File name → text: the strict schema for any validator, and the one that VS Code completes and explains from. */
export function schemaFiles(): Readonly<Record<string, string>> {
  return {
    'netspec.schema.json': `${JSON.stringify(strictSchema(), undefined, 2)}\n`,
    'netspec.editor.schema.json': `${JSON.stringify(editorSchema())}\n`,
  };
}
