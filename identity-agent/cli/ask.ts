import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks on the terminal without showing what is typed. Where the input is no terminal, each question takes its next line,
 * so that a script can answer.
 */
export function secretAsker(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
  let lines: AsyncIterator<string> | undefined;
  return async (question: string): Promise<string> => {
    if (!input.isTTY) {
      lines ??= createInterface({ input })[Symbol.asyncIterator]();
      return ((await lines.next()).value as string | undefined) ?? '';
    }
    output.write(question);
    const nothing = new Writable({ write: (_piece, _encoding, done) => done() });
    const reader = createInterface({ input, output: nothing, terminal: true });
    const answer = await new Promise<string>((resolve) => reader.question('', resolve));
    reader.close();
    output.write('\n');
    return answer;
  };
}
