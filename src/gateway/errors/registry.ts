import { apigee } from './apigee.ts';
import { pds } from './pds.ts';
import type { ErrorRenderer } from './renderer.ts';

const renderers: readonly ErrorRenderer[] = [apigee, pds];

/** Returns the error format with this id; throws for an unknown one in an API's definition. */
export function rendererOf(id: string): ErrorRenderer {
  const found = renderers.find((renderer) => renderer.id === id);
  if (!found) throw new Error(`There is no form of errors called ${id}.`);
  return found;
}
