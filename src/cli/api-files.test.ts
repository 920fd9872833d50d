import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OperatorError } from '@alongside/kernel/operator';
import { gatherFiles, writeFiles } from './api-files.ts';

const refusal = (message: RegExp) => (error: Error) => {
  assert.ok(error instanceof OperatorError || error.name === 'DefinitionError', String(error.stack));
  assert.match(error.message, message);
  return true;
};

describe('the files of a definition', () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-files-'));
  const at = (name: string) => join(folder, name);
  const spec = (reference: string) => `openapi: 3.0.3\npaths:\n  /a: {$ref: '${reference}'}\n`;
  before(() => {
    for (const name of ['spec/parts', 'shared', 'elsewhere']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('shared/a.yaml'), 'get: {responses: {}}\n');
    writeFileSync(at('elsewhere/secret.yaml'), 'get: {description: secret}\n');
    writeFileSync(at('spec/parts/a.yaml'), 'get: {responses: {}}\n');
    writeFileSync(at('spec/inside.yaml'), spec('parts/a.yaml'));
    writeFileSync(at('spec/above.yaml'), spec('../shared/a.yaml'));
    writeFileSync(at('spec/linked.yaml'), spec('parts/link.yaml'));
    writeFileSync(at('spec/linked-folder.yaml'), spec('parts/folder/secret.yaml'));
    writeFileSync(at('spec/of-folder.yaml'), spec('parts'));
    symlinkSync(at('elsewhere/secret.yaml'), at('spec/parts/link.yaml'));
    symlinkSync(at('elsewhere'), at('spec/parts/folder'));
    symlinkSync(at('spec/inside.yaml'), at('spec/own-link.yaml'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const gather = (file: string, options: { root?: string; extension?: string } = {}) =>
    gatherFiles(at(file), options);

  test('are those that it refers to, named by their path below its folder', async () => {
    const { entry, files } = await gather('spec/inside.yaml');
    assert.deepEqual([entry, Object.keys(files)], ['inside.yaml', ['inside.yaml', 'parts/a.yaml']]);
  });

  test('may be above its folder only within --root', async () => {
    await assert.rejects(
      gather('spec/above.yaml'),
      refusal(/^above\.yaml:3:8: .*leads out of the folder.*--root/),
    );
    const { entry, files } = await gather('spec/above.yaml', { root: folder });
    assert.deepEqual([entry, Object.keys(files)], ['spec/above.yaml', ['spec/above.yaml', 'shared/a.yaml']]);
    await assert.rejects(gather('spec/above.yaml', { root: at('shared') }), refusal(/is not in .*--root/));
    for (const root of [at('none'), at('spec/above.yaml')])
      await assert.rejects(gather('spec/above.yaml', { root }), refusal(/is not a folder/));
  });

  test('are joined by an extension from any folder, which may refer to nothing but itself', async () => {
    writeFileSync(at('elsewhere/access.yaml'), 'x-nhsd-apim: {$ref: "#/x-own"}\nx-own: {access: []}\n');
    const { extension, files } = await gather('spec/inside.yaml', {
      extension: at('elsewhere/access.yaml'),
    });
    assert.equal(extension, 'extension/access.yaml');
    assert.deepEqual(Object.keys(files), ['extension/access.yaml', 'inside.yaml', 'parts/a.yaml']);
    for (const reference of ['secret.yaml', '../spec/parts/a.yaml', '../../etc/passwd', 'inside.yaml']) {
      writeFileSync(at('elsewhere/leading.yaml'), `x-nhsd-apim:\n  $ref: '${reference}'\n`);
      await assert.rejects(
        gather('spec/inside.yaml', { extension: at('elsewhere/leading.yaml') }),
        refusal(/^extension\/leading\.yaml:2:3: .*leads (to another file|out of the folder).*--root/),
        reference,
      );
    }
    const within = { root: folder, extension: at('elsewhere/leading.yaml') };
    writeFileSync(at('elsewhere/leading.yaml'), `x-nhsd-apim: {$ref: '../spec/parts/a.yaml'}\n`);
    assert.equal((await gather('spec/inside.yaml', within)).extension, 'elsewhere/leading.yaml');
    await assert.rejects(
      gather('spec/inside.yaml', { extension: at('elsewhere/none.yaml') }),
      refusal(/none\.yaml cannot be read: it does not exist/),
    );
  });

  test('are not read through a link that leads out of the folder', async () => {
    for (const file of ['spec/linked.yaml', 'spec/linked-folder.yaml']) {
      await assert.rejects(
        gather(file),
        refusal(/^linked.*\.yaml:3:8: .*is a link that leads out of .*--root/),
      );
      const { files } = await gather(file, { root: folder });
      assert.match(JSON.stringify(files), /description: secret/);
    }
    assert.deepEqual(Object.keys((await gather('spec/own-link.yaml')).files), [
      'own-link.yaml',
      'parts/a.yaml',
    ]);
  });

  test('are missing where a reference leads to a folder', async () => {
    assert.deepEqual(Object.keys((await gather('spec/of-folder.yaml')).files), ['of-folder.yaml']);
  });

  test('are written below a folder, and replace no other file', () => {
    const target = at('written');
    writeFiles(target, { 'a/b.yaml': 'one' });
    writeFiles(target, { 'a/b.yaml': 'one' });
    assert.throws(() => writeFiles(target, { 'a/b.yaml': 'two' }), refusal(/exists with other content/));
    assert.throws(() => writeFiles(target, { '../b.yaml': 'two' }), refusal(/leads out of the folder/));
    assert.equal(readFileSync(join(target, 'a/b.yaml'), 'utf8'), 'one');
  });
});
