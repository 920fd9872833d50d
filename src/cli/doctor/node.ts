import { type Check, type Finding, ok, wrong } from './check.ts';

const oldest = 24;

export const judgeNode = (version: string): Finding =>
  Number(version.split('.')[0]) >= oldest
    ? ok(`Node.js ${version}`)
    : wrong(
        `Node.js ${version} is too old: ${oldest} or newer is needed.`,
        'Start with "npm start" or "npx alongside" in the clone, which prepare one, or install a newer Node.js.',
      );

export const node: Check = { name: 'node', run: () => [judgeNode(process.versions.node)] };
