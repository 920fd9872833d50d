import { apigee } from './apigee.ts';
import { pds } from './pds.ts';
import type { ErrorRenderer } from './renderer.ts';

/** Every form of errors, by its id. */
const renderers: readonly ErrorRenderer[] = [apigee, pds];

/** The form with this id; an unknown one is a mistake in an API's definition. */
export function rendererOf(id: string): ErrorRenderer {
  const found = renderers.find((renderer) => renderer.id === id);
  if (!found) throw new Error(`There is no form of errors called ${id}.`);
  return found;
}
