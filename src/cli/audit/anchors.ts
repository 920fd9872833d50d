import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';

const line = z.object({
  msg: z.literal('audit anchor'),
  heads: z.array(z.tuple([z.string(), z.number(), z.string()])),
});

/** Maximum length of a line; longer ones cannot be anchors. */
const longestLine = 4_000_000;

/** Reads the anchors from a log file of JSON lines: those with the message `audit anchor`. */
export async function readAnchors(file: string): Promise<z.infer<typeof line>['heads']> {
  const heads: z.infer<typeof line>['heads'] = [];
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
      if (!text.includes('audit anchor') || text.length > longestLine) continue;
      // journalctl and syslog write time, host and program before the object.
      const found = line.safeParse(parsed(text.slice(text.indexOf('{'))));
      if (found.success) heads.push(...found.data.heads);
    }
  } catch (error) {
    throw new OperatorError(`The anchors in ${file} cannot be read: ${reasonOf(error)}.`);
  }
  if (heads.length === 0) throw new OperatorError(`${file} has no anchors: name a log of alongside serve.`);
  return heads;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
