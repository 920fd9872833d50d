import type { Database } from '../storage/database.ts';
import { Derived } from '../storage/seldom-rows.ts';
import { addressOf, type GatewayUrls } from './addresses.ts';
import { apis as builtIn } from './apis/registry.ts';
import { ApiDefinitions } from './definitions/store.ts';

/** Returns the address of each API by its name, as its metadata gives it for the parameter `resource` (RFC 9728 section 2). */
export function apiResources(
  database: Database,
  urls: GatewayUrls,
): () => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>> {
  const definitions = new ApiDefinitions(database);
  const current = new Derived(database, ['api_definition'], async () => {
    const defined = (await definitions.list()).map((api) => ({ ...api, isDefined: true }));
    return new Map([...builtIn, ...defined].map((api) => [api.name, addressOf(urls, api)]));
  });
  return () => current.of('');
}
