import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { clone } from './prepare/clone.mjs';
import { npm } from './prepare/npm.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';

const usage = `Usage: npm run sbom [-- FILE]

Writes the software bill of materials in CycloneDX (dist/sbom.json by default) and prints the path. It lists the
runtime packages of the lock file with version, licence and SHA-512, and no development tools.`;

await orOneSentence(async () => {
  const [file = join(clone, 'dist/sbom.json'), ...others] = process.argv.slice(2);
  if (file === '--help' || file === '-h') return void process.stdout.write(`${usage}\n`);
  if (file.startsWith('-') || others.length > 0) throw new Stop(`sbom takes one file name\n\n${usage}`);
  const to = resolve(file);
  // With --omit dev, npm 11 also leaves out runtime packages that a development tool needs, so they are filtered here.
  const flags = ['--package-lock-only', '--sbom-format', 'cyclonedx'];
  const bom = JSON.parse(await npm(['sbom', ...flags], { cwd: clone, what: 'listing the dependencies' }));
  // They would make two builds of one state different.
  delete bom.serialNumber;
  delete bom.metadata.timestamp;
  // npm takes the name from the folder.
  const { name, version } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  Object.assign(bom.metadata.component, {
    name,
    version,
    type: 'application',
    purl: `pkg:npm/${name}@${version}`,
  });
  const isTool = ({ properties = [] }) =>
    properties.some((property) => property.name === 'cdx:npm:package:development');
  const tools = new Set(bom.components.filter(isTool).map((component) => component['bom-ref']));
  bom.components = bom.components.filter((component) => !tools.has(component['bom-ref']));
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => !tools.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => !tools.has(one)) }));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, `${JSON.stringify(bom, undefined, 2)}\n`);
  process.stdout.write(`${to}\n`);
});
