import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const clone = join(import.meta.dirname, '../..');

interface Component {
  name: string;
  version: string;
  hashes?: { alg: string; content: string }[];
}

test('npm run sbom lists each runtime package with version and checksum, and no development tool', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-sbom-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sbom.json');
  const said = execFileSync(process.execPath, [join(clone, 'scripts/sbom.mjs'), file], { encoding: 'utf8' });
  assert.equal(said, `${file}\n`);
  const bom = JSON.parse(readFileSync(file, 'utf8')) as {
    bomFormat: string;
    metadata: { component: Component };
    components: Component[];
  };
  const { dependencies, devDependencies, name, version } = JSON.parse(
    readFileSync(join(clone, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  assert.deepEqual(
    [bom.bomFormat, bom.metadata.component.name, bom.metadata.component.version],
    ['CycloneDX', name, version],
  );
  for (const [dependency, wanted] of Object.entries(dependencies ?? {})) {
    const found = bom.components.find((one) => one.name === dependency && one.version === wanted);
    assert.match(
      found?.hashes?.find(({ alg }) => alg === 'SHA-512')?.content ?? '',
      /^[0-9a-f]{128}$/,
      dependency,
    );
  }
  for (const tool of Object.keys(devDependencies ?? {}))
    assert.ok(!bom.components.some((one) => one.name === tool), tool);
});
