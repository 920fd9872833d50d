import { type Check, type Finding, ok, type ServerProbe, wrong } from './check.ts';

const mend = 'See that this machine may reach that address: network, proxy, firewall, name, certificate.';

function reached(
  who: string,
  asked: ServerProbe | undefined,
  isRight: (answer: unknown) => boolean,
): Finding[] {
  if (!asked) return [];
  const { url, answer, problem } = asked;
  const { origin } = new URL(url);
  if (!answer) return [wrong(`No answer from ${who}: ${problem}`, mend)];
  if (answer.status !== 200 || !isRight(answer.body))
    return [wrong(`The server at ${url} is not ${who}: status ${answer.status}.`, 'Correct the address.')];
  return [ok(`${origin} answers: ${who}.`)];
}

export const cis: Check = { name: 'cis', run: ({ cis: asked }) => reached('CIS', asked, () => true) };

export const cis2: Check = {
  name: 'cis2',
  run: ({ cis2Keys }) =>
    reached('the key set of CIS2', cis2Keys, (body) =>
      Array.isArray((body as { keys?: unknown } | undefined)?.keys),
    ),
};
