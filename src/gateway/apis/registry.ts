import type { Api } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';
import { canary } from './canary.ts';
import { helloWorld } from './hello-world.ts';
import { makePds } from './pds/index.ts';

/** Returns every protected API. Throws if two have the same name or address. */
export function makeApis(dependencies: Dependencies): readonly Api[] {
  const apis = [makePds(dependencies), helloWorld, canary];
  for (const key of [(api: Api) => api.name, (api: Api) => api.basePath])
    if (new Set(apis.map(key)).size !== apis.length)
      throw new Error('Two protected APIs have the same name or address.');
  return apis;
}
