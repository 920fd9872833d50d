import type { Api } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';
import { canary } from './canary.ts';
import { helloWorld } from './hello-world.ts';
import { makePds } from './pds/index.ts';

/** Every protected API. Two of one name or below one address are a mistake of ours. */
export function makeApis(dependencies: Dependencies): readonly Api[] {
  const apis = [makePds(dependencies), helloWorld, canary];
  for (const key of [(api: Api) => api.name, (api: Api) => api.basePath])
    if (new Set(apis.map(key)).size !== apis.length)
      throw new Error('Two protected APIs have the same name or address.');
  return apis;
}
