import { everyMethod, type Route } from '@alongside/kernel/http';
import type { EarlyRefusal } from '@alongside/kernel/request';
import type { Service } from '../service.ts';
import { seed } from './apis/pds/seeds.ts';
import { makeApis } from './apis/registry.ts';
import type { Dependencies } from './dependencies.ts';
import { apiEndpoint } from './endpoint.ts';

/** The API gateway with its APIs: every call checked, its caller named to the back end, errors in the API's own form. */
export function createGateway(dependencies: Dependencies): Service {
  const routes: Route[] = makeApis(dependencies).flatMap((api) => {
    const endpoint = apiEndpoint(api, dependencies);
    const early = (refused: EarlyRefusal) => apiEndpoint(api, dependencies, refused);
    const known = [...api.open, ...api.keyed, ...api.paths].map(
      ({ name }) => api.basePath + name.replaceAll(/\{(\w+)\}/g, ':$1'),
    );
    return [api.basePath, `${api.basePath}/*`].map((path) => ({
      methods: everyMethod,
      path,
      known,
      endpoint,
      early,
    }));
  });
  return {
    routes,
    async start() {
      if (dependencies.patients) await seed(dependencies.database, dependencies.patients);
    },
  };
}

export { reset as resetPatients, seed as seedPatients } from './apis/pds/seeds.ts';
export { pdsFaults } from './apis/pds/update/late.ts';
export type { Dependencies, GatewayOptions } from './dependencies.ts';
export { statusKeyOf } from './rules/without-back-end.ts';
