import type { Application } from './applications.ts';

// Who may introspect is a fact of an application's platform half, kept in its attributes.

const flag = 'resource-server';
const list = 'resources';

/** The addresses that a resource server answers for, of whose tokens alone it is told; empty: of all. Null where an application is none. */
export function resourcesOf({ attributes }: { attributes: Record<string, string> }): string[] | null {
  if (attributes[flag] !== 'true') return null;
  return (attributes[list] ?? '').split(' ').filter(Boolean);
}

/** The application as a resource server for these addresses; null takes that away. */
export function withResources(application: Application, resources: readonly string[] | null): Application {
  const { platform } = application;
  if (!platform) return application;
  const { [flag]: _, [list]: __, ...attributes } = platform.attributes;
  const own: Record<string, string> =
    resources === null ? {} : { [flag]: 'true', [list]: resources.join(' ') };
  return { ...application, platform: { ...platform, attributes: { ...attributes, ...own } } };
}
