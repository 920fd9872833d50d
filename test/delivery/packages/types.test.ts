import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clone, Project, packedOnce } from './testing/project.ts';

/** Passes on values that may be undefined, as applications do. */
const source = `import {
  createApi, createCombined, createPds, createSeparate, platformAt, signInNative, systemBrowser,
  type Cis2Settings, type PatientSearch, type TokenSet,
} from '@alongside/client';
import { createPageSignIn } from '@alongside/client/page';
import { createWebSignIn, type WebSession } from '@alongside/client/web';

interface Passed { signal?: AbortSignal; scope?: string; number?: string; family?: string; secret?: string }

export async function call({ tokens, roleId }: WebSession, { signal, number, family }: Passed, baseUrl: string) {
  const pds = createPds({ baseUrl, token: tokens, sessionUrid: roleId });
  const search: PatientSearch = { family, birthdate: 'eq2010-10-22' };
  await createApi({ baseUrl, token: tokens, sessionUrid: roleId, odsCode: undefined }).fetch('/', { signal });
  return number === undefined ? pds.search(search, { signal }) : pds.patient(number, { signal, requestId: undefined });
}
export const signIn = ({ signal, scope }: Passed): Promise<TokenSet> =>
  signInNative({ issuer: 'https://issuer.example', clientId: 'a', scope, browser: systemBrowser(), signal });
export const combined = (origin: string, { secret }: Passed) =>
  createWebSignIn({
    origin,
    secret,
    pattern: createCombined({
      ...platformAt('https://api.example/oauth2'), clientId: 'a', clientSecret: 'b', redirectUri: origin + '/callback',
    }),
  });
export const separate = (cis2: Cis2Settings, { scope }: Passed) =>
  createSeparate({
    cis2: { ...cis2, scope },
    platform: { tokenUrl: 'https://api.example/oauth2/token', clientId: 'a', key: { kid: 'k', privateKey: '' } },
  });
export const page = ({ scope }: Passed) =>
  createPageSignIn({ issuer: 'https://issuer.example', clientId: 'a', redirectUri: 'https://app.example/', scope });
`;

describe('the types of @alongside/client', () => {
  let project: Project;
  before(async () => {
    project = await Project.create();
    await project.install([await packedOnce('@alongside/client')], ['jose', '@types/node', 'undici-types']);
    await writeFile(project.path('application.ts'), source);
  });
  after(() => project?.remove());

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const)
    test(`pass the strictest compiler settings with moduleResolution ${moduleResolution}`, async () => {
      const compilerOptions = {
        target: 'es2023',
        lib: ['es2023', 'dom', 'dom.iterable'],
        module,
        moduleResolution,
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        verbatimModuleSyntax: true,
        isolatedModules: true,
        skipLibCheck: false,
        noEmit: true,
      };
      await writeFile(
        project.path('tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['application.ts'] }),
      );
      const tsc = join(clone, 'node_modules/@typescript/native/bin/tsc');
      const output = await new Promise<string>((resolve) =>
        execFile(process.execPath, [tsc, '-p', project.folder], (_error, stdout, stderr) =>
          resolve(stdout + stderr),
        ),
      );
      assert.equal(output, '');
    });
});
