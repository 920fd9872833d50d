import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks on the terminal without echo. If the input is not a terminal, each question reads its next line, so that a script can
 * answer.
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
