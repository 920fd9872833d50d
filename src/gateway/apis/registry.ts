import { signingApi, signingBasePath } from '../../signing/protocol.ts';
import type { Api, ApiDefinition } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';

interface RegisteredApi {
  /** Its name in products and limits. */
  readonly name: string;
  readonly basePath: string;
  readonly title: string;
  /** Imports the definition, so that commands can list the APIs without loading them. */
  load(dependencies: Dependencies): Promise<ApiDefinition>;
}

/** The APIs in process. Those that were added as definitions are in storage; `ApiRegister` lists all of them. */
export const apis: readonly RegisteredApi[] = [
  {
    name: 'personal-demographics',
    basePath: '/personal-demographics/FHIR/R4',
    title: 'Personal Demographics Service FHIR API',
    load: async (dependencies) => (await import('./pds/index.ts')).makePds(dependencies),
  },
  {
    name: 'hello-world',
    basePath: '/hello-world',
    title: 'Hello World API',
    load: async () => (await import('./hello-world.ts')).helloWorld,
  },
  {
    name: 'canary-api',
    basePath: '/canary-api',
    title: 'Canary API',
    load: async () => (await import('./canary.ts')).canary,
  },
  {
    name: signingApi,
    basePath: signingBasePath,
    title: 'Signing service',
    load: async ({ signing }) => (await import('./signing.ts')).signingDefinition(signing.api),
  },
];

export const loadApis = (dependencies: Dependencies): Promise<Api[]> =>
  Promise.all(apis.map(async ({ load, ...api }) => ({ ...(await load(dependencies)), ...api })));
