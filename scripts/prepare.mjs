import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { prepareNode } from './prepare/node.mjs';
import { preparePackages } from './prepare/packages.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';

/**
 * Prepares missing requirements of a command: a new enough Node, and the packages. Resolves with the path of that Node. `tools`
 * includes the development packages. If nothing is missing, it takes a few ms.
 */
export async function prepare({ tools = false } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(
      `Node.js ${process.versions.node} is too old: install Node.js 20.19 or newer and try again`,
    );
  }
  const node = await prepareNode();
  await preparePackages({ tools });
  return node;
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await orOneSentence(async () => process.stdout.write(`${await prepare({ tools: true })}\n`));
}
