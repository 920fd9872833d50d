import type { Api, ApiDefinition } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';

interface RegisteredApi {
  /** Its name in products and limits. */
  readonly name: string;
  readonly basePath: string;
  /** Imports the definition, so that commands can list the APIs without loading them. */
  load(dependencies: Dependencies): Promise<ApiDefinition>;
}

/** The protected APIs. Limits, products and the console derive their lists from this one. */
export const apis: readonly RegisteredApi[] = [
  {
    name: 'personal-demographics',
    basePath: '/personal-demographics/FHIR/R4',
    load: async (dependencies) => (await import('./pds/index.ts')).makePds(dependencies),
  },
  {
    name: 'hello-world',
    basePath: '/hello-world',
    load: async () => (await import('./hello-world.ts')).helloWorld,
  },
  {
    name: 'canary-api',
    basePath: '/canary-api',
    load: async () => (await import('./canary.ts')).canary,
  },
];

export const loadApis = (dependencies: Dependencies): Promise<Api[]> =>
  Promise.all(
    apis.map(async ({ name, basePath, load }) => ({ ...(await load(dependencies)), name, basePath })),
  );
