import { type Check, type Finding, ok, remark, type ServerProbe, wrong } from './check.ts';

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

export const clock: Check = {
  name: 'clock',
  run({ agent, cis, cis2Keys, port }) {
    const moved = agent ? Date.parse(agent.configuration.now) - port.before : 0;
    const findings = [...compare('CIS', cis), ...compare('CIS2', cis2Keys)];
    if (Math.abs(moved) > tolerated)
      findings.push(remark(`The agent's clock was moved by ${Math.round(moved / 1000)} s for a test.`));
    return findings;
  },
};
