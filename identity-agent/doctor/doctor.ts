import { browserPolicy } from './browser-policy.ts';
import { cardType, certificate, pin, reader, role } from './card.ts';
import type { Check, ServerProbe, Subject } from './check.ts';
import { carryOut, type Finding, ok, type Report, remark, wrong } from './report.ts';
import { port, service, settings } from './service.ts';

const fix = 'See that this machine may reach that address: network, proxy, firewall, name, certificate.';

function reached(
  who: string,
  asked: ServerProbe | undefined,
  isRight: (answer: unknown) => boolean,
): Finding[] {
  if (!asked) return [];
  const { url, answer, problem } = asked;
  const { origin } = new URL(url);
  if (!answer) return [wrong(`No answer from ${who}: ${problem}`, fix)];
  if (answer.status !== 200 || !isRight(answer.body))
    return [wrong(`The server at ${url} is not ${who}: status ${answer.status}.`, 'Correct the address.')];
  return [ok(`${origin} answers: ${who}.`)];
}

const cis: Check = { name: 'cis', run: ({ cis: asked }) => reached('CIS', asked, () => true) };

const cis2: Check = {
  name: 'cis2',
  run: ({ cis2Keys }) =>
    reached('the key set of CIS2', cis2Keys, (body) =>
      Array.isArray((body as { keys?: unknown } | undefined)?.keys),
    ),
};

/** Tolerated clock difference of a request or proof, in milliseconds. */
const tolerated = 10_000;

/** Returns how far a server's clock is ahead of this one, in milliseconds; undefined if unknown. */
function ahead({ answer, before, after }: ServerProbe): number | undefined {
  const theirs = Date.parse(answer?.date ?? '');
  if (Number.isNaN(theirs)) return undefined;
  // The header has whole seconds, and the server responded at some moment between the two.
  if (theirs + 1_000 < before) return theirs + 1_000 - before;
  return Math.max(0, theirs - after);
}

function compare(who: string, asked: ServerProbe | undefined): Finding[] {
  const off = asked && ahead(asked);
  if (off === undefined) return [];
  if (Math.abs(off) <= tolerated) return [ok(`The clocks of this machine and of ${who} agree.`)];
  return [
    wrong(
      `The clock of ${who} is ${Math.abs(Math.round(off / 1000))} s ${off > 0 ? 'ahead of' : 'behind'} this machine's.`,
      'Let this machine take the time from the network (NTP): sign-ins with old or future times are refused.',
    ),
  ];
}

const clock: Check = {
  name: 'clock',
  run({ agent, cis, cis2Keys, port }) {
    const moved = agent ? Date.parse(agent.configuration.now) - port.before : 0;
    const findings = [...compare('CIS', cis), ...compare('CIS2', cis2Keys)];
    if (Math.abs(moved) > tolerated)
      findings.push(remark(`The agent's clock was moved by ${Math.round(moved / 1000)} s for a test.`));
    return findings;
  },
};

/** All checks, in the order of the report. */
export const checks: readonly Check[] = [
  settings,
  service,
  port,
  reader,
  cardType,
  certificate,
  pin,
  role,
  clock,
  cis,
  cis2,
  browserPolicy,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');

/** Runs all checks. */
export const examine = (subject: Subject): Promise<Report> => carryOut(checks, subject);
