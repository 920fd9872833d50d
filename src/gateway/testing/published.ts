import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDefinition } from '../definitions/read.ts';
import { ApiDefinitions } from '../definitions/store.ts';
import type { ApiDraft } from '../protocol.ts';
import type { RunningGateway } from './gateway.ts';

const folder = fileURLToPath(new URL('../../../test/apis/testing/published', import.meta.url));

function filesIn(path: string, below = ''): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(join(path, below))) {
    const here = posix.join(below, name);
    if (statSync(join(path, here)).isDirectory()) Object.assign(files, filesIn(path, here));
    else if (/\.(ya?ml|json)$/.test(name)) files[here] = readFileSync(join(path, here), 'utf8');
  }
  return files;
}

/** Returns the draft of a published definition, with its files as in its repository. */
function published(name: string, entry: string, more: Partial<ApiDraft> = {}): ApiDraft {
  return { entry, files: filesIn(join(folder, name)), mock: true, ...more };
}

export const publishedApis = {
  helloWorld: published('hello-world', 'hello-world.yaml', {
    name: 'hello-definition',
    basePath: '/hello-definition',
  }),
  tracker: published('clinical-prescription-tracker', 'eps-clinical-prescription-tracker-api.yaml'),
  worker: published('healthcare-worker', 'healthcare-worker-api.yaml', {
    name: 'healthcare-worker-api',
    basePath: '/healthcare-worker',
  }),
  statusUpdate: published(
    'custom-prescription-status-update',
    'eps-custom-prescription-status-update-api.yaml',
  ),
} as const;

/** Stores a definition as the console does, without its products. */
export async function addDefinition({ database }: Pick<RunningGateway, 'database'>, draft: ApiDraft) {
  const definitions = new ApiDefinitions(database);
  const record = await readDefinition(draft);
  const before = await definitions.get(record.name);
  await definitions.save(record, draft, before?.revision ?? 0);
  return record;
}
/** A definition of one file with these operations, which everyone may call. */
export const openDraft = (paths: string, more: Partial<ApiDraft> = {}, extra = ''): ApiDraft => ({
  entry: 'spec.yaml',
  files: {
    'spec.yaml': `openapi: 3.0.3\ninfo: {title: Test, version: 1.0.0}\nservers: [{url: 'https://example.org/test'}]\nsecurity: []\nx-nhsd-apim: {access: []}\n${extra}paths:\n${paths}`,
  },
  ...more,
});
