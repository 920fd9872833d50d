import { openApiOf } from '../../src/console/service/api/openapi.ts';
import { describedCalls } from './console-api-page.ts';

/** Parts of the generator's output that do not describe this API, more than half of its lines. */
const noise = [
  /^ *(get|put|post|delete|options|head|patch|trace|header|cookie|path|query|requestBody)\?: never;\n/gm,
  /^ *headers: \{\n *\[name: string\]: unknown;\n *\};\n/gm,
  /^ *parameters: \{\n *\};\n/gm,
  /^ *(responses|parameters|requestBodies|headers|pathItems): never;\n/gm,
  /^export type (webhooks|\$defs) = .*\n/gm,
  // Notes that repeat the type, or name defaults.
  /^ *\/\*\* (@(default|enum|constant)\b|Format: ).*\*\/\n/gm,
  /^ *\* @(default|enum|constant)\b.*\n/gm,
  /^ *\/\*\*\n *\*\/\n/gm,
];

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
}

/** Joins the lines of each path, schema and operation, because people do not read the file. */
const joined = (text: string): string =>
  text
    .split(/(?=^export interface )/m)
    .map((part) => {
      const ofMembers = part.startsWith('export interface components') ? 8 : 4;
      const inside = new RegExp(`\\n(?: {${ofMembers + 1},}(?=\\S)| {${ofMembers}}(?=\\}))`, 'g');
      return part.replaceAll(inside, ' ');
    })
    .join('');

/** `src/kit/console-api-types.d.ts`: the types of parameters, bodies and successes, generated from the OpenAPI document. */
export async function consoleApiTypes(): Promise<string> {
  const { astToString, default: openapiTS } = await import('openapi-typescript');
  const calls = describedCalls().map(({ call }) => call);
  const { paths, ...document } = openApiOf(calls, { version: '', server: '' }) as Document;
  // Clients throw the same error for each refusal.
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    for (const status of Object.keys(operation.responses))
      if (Number(status) >= 400) delete operation.responses[status];
  }
  const types = astToString(await openapiTS(JSON.stringify({ ...document, paths })));
  const text = joined(noise.reduce((all, pattern) => all.replaceAll(pattern, ''), types));
  return `// Generated from the OpenAPI document of the console. Do not edit: run node scripts/run.mjs scripts/docs.ts\n${text}`;
}
